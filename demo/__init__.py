"""The tour: a made-up town hall in a folder, and one morning in it. A program of the checkout, in no distribution."""
