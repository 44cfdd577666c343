"""Long revocation lists: taken in once, outside of any request, and looked up on the disk."""
