"""券面事項確認AP: what is printed on the card, as images."""
