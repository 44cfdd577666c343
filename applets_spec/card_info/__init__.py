"""card_info"""
