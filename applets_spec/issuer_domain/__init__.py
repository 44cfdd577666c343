"""The issuer security domain and the state in which no application is selected."""
