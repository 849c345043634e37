<!-- soon -->
