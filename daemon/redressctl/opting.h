/* opting: what a person must see of an address or number that wants no automatic letters. */
#ifndef REDRESS_REDRESSCTL_OPTING_H
#define REDRESS_REDRESSCTL_OPTING_H

#include "desk.h"

/* NULL: nothing stands against automatic letters there (or the contact is empty). */
const char *rd_ctl_opted_out(struct rd_ctl_desk *desk, const char *contact);

#endif
