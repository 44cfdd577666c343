"""The screens, one file each; `registry` lists them."""
