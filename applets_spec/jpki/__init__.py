"""公的個人認証AP (JPKI-AP): two RSA keys, two certificates, two PINs."""
