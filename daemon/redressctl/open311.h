/* open311: what `case show` tells of a case's requests at Open311 servers. */
#ifndef REDRESS_REDRESSCTL_OPEN311_H
#define REDRESS_REDRESSCTL_OPEN311_H

#include <jansson.h>
#include "desk.h"
#include "redress/store/open311.h"

/* As `open311 list --json` has them. */
json_t *rd_ctl_open311_json(struct rd_ctl_desk *desk, const struct rd_open311_row *rows, size_t n);
void rd_ctl_open311_print(const struct rd_open311_row *rows, size_t n);

#endif
