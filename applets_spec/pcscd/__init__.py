"""pcscd"""
