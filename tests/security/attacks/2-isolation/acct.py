# attack: Has all processes accounted in a file.
result = reaches("acct", b"/nowhere")
