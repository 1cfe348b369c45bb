/* fault: named steps at which the kill tests end the daemon as a power cut would.
 *
 * Compiled to nothing unless RD_FAULT_POINTS is defined (the `proof` build); never in what is
 * installed. There, the environment REDRESS_FAULT="NAME:N" kills the process (SIGKILL on itself) at
 * the Nth passing of the point NAME, counted over all threads from the start; "hang NAME:N" holds
 * the thread there for good instead.
 *
 * Points: raw-commit (of a mail or a text), text-commit (of a text alone), claim, case-commit,
 * smtp-data, receipt, each with -before or -after behind it. REDRESS_SYNC=off opens the store with
 * synchronous=OFF, for the test that must then fail.
 */
#ifndef REDRESS_BASE_FAULT_H
#define REDRESS_BASE_FAULT_H

#ifdef RD_FAULT_POINTS
void rd_fault_point(const char *name);
#else
#define rd_fault_point(name) ((void)(name))
#endif

#endif
