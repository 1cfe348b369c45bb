/* origin: what the configuration says of the mailbox that a mail came through: whose word to take
 * for its sender, and which addresses are the landlord's web forms. Goes with a mail to the child
 * that reads it.
 */
#ifndef REDRESS_MESSAGE_ORIGIN_H
#define REDRESS_MESSAGE_ORIGIN_H

#include <stddef.h>

#define RD_TRUSTED_MAX	    8 /* names of mail servers */
#define RD_FORM_SENDERS_MAX 16
#define RD_FORM_LABELS_MAX  64
#define RD_FORM_LABEL_MAX   100 /* bytes */

/* Whose Authentication-Results count (RFC 8601 5). */
enum rd_results_of {
	RD_TRUST_TOPMOST_DOUBTS = 0, /* nothing is said: the topmost one's, where they fail */
	RD_TRUST_TOPMOST,	     /* the topmost one's: Microsoft 365 leaves its name out */
	RD_TRUST_NAMED,		     /* those of the named servers */
	RD_TRUST_NOBODY,
	RD_N_RESULTS_OF,
};

enum rd_form_part {
	RD_PART_EMAIL = 0,
	RD_PART_NAME,
	RD_PART_PHONE,
	RD_PART_ADDRESS,
	RD_PART_WORDS,
	RD_PART_OTHER, /* ends the field before it, and is no resident's word */
	RD_N_FORM_PARTS,
};
extern const char *const rd_form_part_names[RD_N_FORM_PARTS + 1]; /* "email", "name", ... */

struct rd_form_label {
	enum rd_form_part field;
	const char *label;
};

struct rd_origin {
	enum rd_results_of trust;
	const char *const *trusted; /* authserv-ids */
	size_t n_trusted;
	const char *const *form_senders;
	size_t n_form_senders;
	const struct rd_form_label *form_labels;
	size_t n_form_labels;
};

#endif
