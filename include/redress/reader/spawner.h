/* spawner: a small process of our own binary that starts parse children and ends them.
 *
 * It is started before any secret is read and so has none to leak; each child is an exec of our
 * binary with an empty environment, its one socket as descriptor 3 and a stack of 16 MiB (GMime's
 * need). The kernel ends the spawner with the daemon and the children with the spawner.
 * A spawner that was killed is started again with the next child.
 * SIGTERM, SIGINT, SIGHUP and SIGQUIT are ignored in both: systemd and terminals send them to the
 * whole group, and a message must not be blamed for that.
 */
#ifndef REDRESS_READER_SPAWNER_H
#define REDRESS_READER_SPAWNER_H

#include "redress/base/err.h"

struct rd_spawner; /* reader.h: rd_spawner_start, rd_spawner_stop */

#define RD_SPAWNER_CHILDREN_MAX 64
#define RD_CHILD_STACK_BYTES	(16u << 20)
#define RD_CHILD_FD		3 /* the socket, in the spawner and in a child */

/* How the two hidden modes are called: argv[1]. */
#define RD_SPAWNER_MODE "parse-spawner"
#define RD_CHILD_MODE	"parse-child"

/* ret_fd: owned, non-blocking, closed on exec. */
RD_MUST_USE enum rd_rc rd_spawner_child(
	struct rd_spawner *spawner, int *ret_fd, int *ret_pid, struct rd_err *err);
/* Kills the child where it still lives and says how it ended (as waitpid does). */
RD_MUST_USE enum rd_rc rd_spawner_end(
	struct rd_spawner *spawner, int pid, int *ret_status, struct rd_err *err);

/* The spawner's own main. */
_Noreturn void rd_spawner_main(void);

#endif
