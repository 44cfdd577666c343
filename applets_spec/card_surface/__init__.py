"""card_surface"""
