"""jpki"""
