"""Questions about the record, asked by somebody who may, and each of them on record itself."""
