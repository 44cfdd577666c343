"""券面事項入力補助AP: the individual number and the four basic attributes as text."""
