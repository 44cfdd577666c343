"""The operator's badge: a plain PIV card application after NIST SP 800-73-4, its contents, its personalisation."""
