/* resident_print: what the contacts file tells of a person, as staff see it. */
#ifndef REDRESS_REDRESSCTL_RESIDENT_PRINT_H
#define REDRESS_REDRESSCTL_RESIDENT_PRINT_H

#include <jansson.h>
#include "desk.h"
#include "redress/policy/resident.h"

json_t *rd_resident_json(const struct rd_resident *resident);
/* n: how many share the address; the lines begin with that. */
void rd_resident_print(const struct rd_resident *resident, size_t n, struct rd_date today);

/* Who wrote on a case, by its contact: null, and nothing printed, where nobody is known. */
json_t *rd_case_resident_json(struct rd_ctl_desk *desk, const char *landlord, const char *contact);
void rd_case_resident_print(struct rd_ctl_desk *desk, const char *landlord, const char *contact);

#endif
