/* child: a parse child's whole life; see frame.h for what it says and hears.
 *
 * With RD_FAULT_POINTS (the `proof` build, never what is installed) a raw message that holds a line
 * `X-Redress-Test: WHAT` makes the child misbehave: segv, spin, alloc, hang, open (aborts if a file
 * can be opened), socket, exec-memory, lie (answers nonsense).
 */
#ifndef REDRESS_READER_CHILD_H
#define REDRESS_READER_CHILD_H

/* Serves the socket until it is closed. */
_Noreturn void rd_child_main(int fd);

#endif
