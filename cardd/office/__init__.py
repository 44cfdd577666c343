"""The signed files of the office: policy, register and block list, checked and put in force while the daemon runs."""
