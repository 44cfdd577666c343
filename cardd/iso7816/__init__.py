"""The card language of ISO/IEC 7816-4: APDU, TLV, status words. No PC/SC, no policy."""
