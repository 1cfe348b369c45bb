/* quote_signature: who signs, and how to reach them: "-- " or a closing ("Kind regards", "Cofion
 * cynnes", "Z poważaniem") with a name and contact lines behind it.
 *
 * Only the lines that can be nothing else are taken: names, roles, organisations, numbers,
 * addresses. The first line that reads like something said ends it, and is the writer's own again:
 * "Thanks" in the middle of a letter, "PS the mould is worse", "--" between two paragraphs.
 */
#ifndef REDRESS_MESSAGE_QUOTE_SIGNATURE_H
#define REDRESS_MESSAGE_QUOTE_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/message/quote_lines.h"

#define RD_SIGNATURE_LINES_MAX 12 /* lines that are not blank behind "-- " or a closing */

/* Does a signature begin at line? *ret_next: where the first line stands that is none of its. */
bool rd_line_signature(struct rd_body *body, const struct rd_quote_line *line, uint32_t *ret_next);

#endif
