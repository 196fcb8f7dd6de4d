# attack: Changes the root for another one.
result = reaches("pivot_root", b"/nowhere", b"/nowhere")
