"""Certificate profiles and path validation: a library that imports nothing of ours."""
