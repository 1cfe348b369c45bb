/* reference: a case's reference as people write it, RD123456-K7QF.
 *
 * A number of six digits or more and four check characters of 31 unambiguous ones
 * (23456789ABCDEFGHJKMNPQRSTUVWXYZ): HMAC-SHA-256 of the number under the gateway's reference key,
 * so that a stranger cannot guess one. Found in any case, with or without the hyphen or with blanks
 * around it, in subject, body or text.
 */
#ifndef REDRESS_MESSAGE_REFERENCE_H
#define REDRESS_MESSAGE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RD_REFERENCE_MAX	24 /* with NUL */
#define RD_REFERENCE_KEY_BYTES	32
#define RD_REFERENCES_FOUND_MAX 8

struct rd_found_reference {
	int64_t number;
	char check[5]; /* upper case, as written; not yet checked */
};

void rd_reference_format(int64_t number, const uint8_t key[static RD_REFERENCE_KEY_BYTES],
	char out[static RD_REFERENCE_MAX]);
/* In constant time. */
bool rd_reference_right(
	const struct rd_found_reference *found, const uint8_t key[static RD_REFERENCE_KEY_BYTES]);
/* The references that stand in a text, none twice; returns how many. */
size_t rd_references_find(const char *text, size_t len,
	struct rd_found_reference out[static RD_REFERENCES_FOUND_MAX]);

#endif
