//! Words and wire types of Taskhub, shared by server, console and command line.
