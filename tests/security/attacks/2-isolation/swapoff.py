# attack: Takes swap space away.
result = reaches("swapoff", b"/nowhere")
