"""What each kind of certificate must look like."""
