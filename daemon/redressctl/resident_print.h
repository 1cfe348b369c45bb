/* resident_print: what the contacts file tells of a person, as staff see it. */
#ifndef REDRESS_REDRESSCTL_RESIDENT_PRINT_H
#define REDRESS_REDRESSCTL_RESIDENT_PRINT_H

#include <jansson.h>
#include "desk.h"
#include "redress/message/message.h"
#include "redress/policy/resident.h"

json_t *rd_resident_json(const struct rd_resident *resident);
/* n: how many share the address; the lines begin with that. */
void rd_resident_print(const struct rd_resident *resident, size_t n, struct rd_date today);

/* Who wrote on a case, by its contact: null, and nothing printed, where nobody is known. */
json_t *rd_case_resident_json(struct rd_ctl_desk *desk, const char *landlord, const char *contact);
void rd_case_resident_print(struct rd_ctl_desk *desk, const char *landlord, const char *contact);

/* What is known of a mail's sender: "verified", "unverified" or "spoofed" (the mail server says
 * that it failed its checks); null for a text, whose provider vouches for the number, and for NULL.
 */
json_t *rd_sender_json(const struct rd_message *message);
/* What a web form told besides the words; null where it is none. */
json_t *rd_form_json(const struct rd_message *message);
void rd_sender_print(const struct rd_message *message);

#endif
