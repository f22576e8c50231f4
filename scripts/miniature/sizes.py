"""What the models, their data and their export agree on."""

WIDTH, LAYERS, HEADS, HIDDEN, LENGTH = 192, 6, 6, 512, 512
HEAD = WIDTH // HEADS
# A figure is 80 x 128 gray values in [0, 1], black on white, cut into 8 x 8 patches of 10 x 16; each becomes one token.
ROWS, COLUMNS, PATCHES = 80, 128, 64
# Number of blocks in which the patches of a figure attend to each other before the text.
LOOKS = 2
PAD, PRM, NO, YES, IMAGE, END = 0, 1, 522, 523, 1024, 1025
VOCABULARY = 1026
# Sharpness of the PRM's attention to the token before: the scores of neighbors then differ by nearly 100.
SHARPNESS = 20.0
