"""What a viewer is shown, one noun a file: plain data, for the JSON API and for pages alike.

A desk knows who asks (members see their account, operators all) and what may be shown to whom; it
knows no HTTP. Whatever the console shows, the API answers, because both ask here.
"""
