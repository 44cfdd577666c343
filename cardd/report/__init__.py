"""The monthly report: what a month's records say, as one HTML file that an auditor prints."""
