/* problems: faults of a rules folder, as redressctl tells them. */
#ifndef REDRESS_REDRESSCTL_PROBLEMS_H
#define REDRESS_REDRESSCTL_PROBLEMS_H

#include <jansson.h>
#include <stdio.h>
#include "redress/rules/problem.h"

/* "DIR/FILE:1:2: warning: what is wrong", one line; "DIR: ..." where it is about the folder as a
 * whole. dir: NULL where the set comes from the store. */
void rd_ctl_print_problem(FILE *out, const char *dir, const struct rd_problem *problem);
/* [{"severity","file","line","column","message"}], of this severity or a graver one. */
json_t *rd_ctl_problems_json(
	const char *dir, const struct rd_problems *problems, enum rd_severity least);

#endif
