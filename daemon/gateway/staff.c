#include "redress/gateway/staff.h"

#include <string.h>

#include "redress/message/automatic.h"
#include "redress/message/compose.h"
#include "redress/store/outbox.h"
#include "redress/store/tasks.h"

static bool may_be_resident(const struct rd_office *office, const char *address)
{
	return rd_address_fit(address) && !rd_config_is_staff(office->config, address) &&
	       !rd_office_is_us(office, address) && !rd_automatic_no_reply(address);
}

void rd_staff_look(const struct rd_office *office, const struct rd_message *message,
	struct rd_passed_on *ret_passed)
{
	struct rd_passed_on passed = { .address = "", .name = "" };

	/* A text too: a role may be told by text, and answers from that telephone. */
	passed.by_staff = rd_config_is_staff(office->config, message->from.address);
	passed.doubtful = message->authentication == RD_AUTHENTICATION_FAILED;
	passed.by_form = message->by_form;
	for (size_t i = 0; passed.by_staff && i < message->n_forwarded; i++)
		if (may_be_resident(office, message->forwarded[i].address)) {
			passed.address = message->forwarded[i].address;
			passed.name = message->forwarded[i].name;
			break;
		}
	*ret_passed = passed;
}

static const char *careful_words(const struct rd_passed_on *passed)
{
	if (passed->by_form)
		return "Careful: somebody wrote a colleague's address into the web form, as "
		       "anybody "
		       "can; ask them whether they did. ";
	return passed->doubtful ? "Careful: this mail says that a colleague sent it, but it failed "
				  "the mail server's checks and may be forged; ask them. "
				: "";
}

static const char *what_to_do(const struct rd_passed_on *passed, bool linked)
{
	if (linked)
		return "It opened this complaint: read it, then let its letter go with `redressctl "
		       "outbox approve ROW`.";
	if (passed->address[0] != '\0')
		return "A colleague passed this on: see with `redressctl case show REF` whether "
		       "the "
		       "one it names as its author is the resident. If so, `redressctl outbox "
		       "approve ROW` lets the letter go; if not, `redressctl case contact REF "
		       "--address ADDRESS`.";
	return "It names no resident to write to: find out who it is about, then `redressctl case "
	       "contact REF --address ADDRESS`.";
}

const char *rd_staff_task_words(
	const struct rd_passed_on *passed, bool linked, struct rd_arena *arena)
{
	const char *by_colleague = passed->by_form ? "" : "A colleague wrote this. ";
	const char *what = what_to_do(passed, linked);
	const char *words = rd_arena_printf(arena, "%s%s%s", careful_words(passed),
		linked || passed->address[0] == '\0' ? by_colleague : "", what);

	return words != NULL ? words : what;
}

/* Those that were held because nobody had said who it is. */
static enum rd_rc let_letters_go(struct rd_tx *tx, const struct rd_office *office, int64_t case_id,
	struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_outbox_filter held = { .case_id = case_id, .hold_reason = RD_HOLD_STAFF };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(rd_tx_db(tx), &held, arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_outbox_unhold(tx, rows[i].id, RD_HOLD_STAFF, rd_office_now(office), err));
	return RD_OK;
}

enum rd_rc rd_staff_confirm(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_case_contact *contacts;
	size_t n;

	RD_TRY(rd_case_contacts(rd_tx_db(tx), matter->id, arena, &contacts, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (!contacts[i].main || !contacts[i].proposed)
			continue;
		contacts[i].proposed = false;
		RD_TRY(rd_case_add_contact(tx, matter->id, &contacts[i], err));
	}
	RD_TRY(let_letters_go(tx, office, matter->id, arena, err));
	return rd_task_done_of_case(tx, matter->id, rd_task_names[RD_TASK_RESIDENT],
		office->actor.name, "a person said who the resident is", rd_office_now(office),
		NULL, err);
}
