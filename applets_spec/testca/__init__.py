"""testca"""
