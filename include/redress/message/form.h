/* form: a mail that the landlord's web site made of a form, read as the resident's own.
 *
 * Such a mail comes from the site's address; who wrote stands in lines with a label, as plain text
 * or as a table: "Email: ada@example.org", "Email ada@example.org", or the label alone and what it
 * labels beneath. A field's lines go on to the next label; a label that stood before already is the
 * resident's own words. Without a usable address among the lines Reply-To is taken.
 *
 * What a form says is nobody's proof: whoever fills it in may write any address. The message is
 * then by_form; its sender is the one in the form, not verified, and known on no case by that
 * alone. It is neither automatic nor ours. Only the words are scored; the subject is the form's.
 */
#ifndef REDRESS_MESSAGE_FORM_H
#define REDRESS_MESSAGE_FORM_H

#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/message/origin.h"

/* Leaves the message as it is where it is none: from no form's address, that address failed its
 * checks (m->authentication), no label of `words` in it; an answer to another mail or a forward; a
 * bounce, a receipt or a letter of ours. RD_E_RANGE: the arena is full. */
RD_MUST_USE enum rd_rc rd_form_apply(struct rd_message *m, const struct rd_origin *origin,
	struct rd_arena *arena, struct rd_err *err);

#endif
