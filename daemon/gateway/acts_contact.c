/* Who the resident of a case is. */
#include "redress/gateway/acts.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "redress/gateway/act.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/staff.h"
#include "redress/policy/clocks.h"
#include "redress/store/tasks.h"

/* "lee@example": no mail goes there, and a typing error is seen here or never. */
static bool lacks_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL && strchr(at, '.') == NULL;
}

static enum rd_rc check(const struct rd_act *act, const char *address, struct rd_err *err)
{
	if (act->matter.status == RD_STATUS_CLOSED)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is closed; open a new one (`redressctl case open`)",
			act->matter.reference);
	if (address[0] == '\0')
		return rd_fail(err, RD_E_INPUT,
			"say with --address where the resident gets letters: an e-mail address or "
			"a telephone number");
	if (lacks_domain(address))
		return rd_fail(err, RD_E_INPUT,
			"the part of the address behind the @ is no domain, such as example.org");
	if (rd_config_is_staff(act->office->config, address) ||
		rd_office_is_us(act->office, address))
		return rd_fail(err, RD_E_REFUSED,
			"that is an address of the landlord's own; name the resident's");
	return RD_OK;
}

/* What is on its way to another address than this; *ret_n how many there were. */
static enum rd_rc cancel_letters_to_others(
	struct rd_act *act, const char *address, size_t *ret_n, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = act->matter.id };
	struct rd_outbox_row *rows;
	size_t n;

	*ret_n = 0;
	RD_TRY(rd_outbox_list(rd_tx_db(act->tx), &filter, act->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++) {
		if ((rows[i].state != RD_OUTBOX_QUEUED && rows[i].state != RD_OUTBOX_HELD) ||
			strcasecmp(rows[i].recipient, address) == 0)
			continue;
		RD_TRY(rd_outbox_cancel(act->tx, rows[i].id,
			"a person said that the resident is somebody else", act->now_ms, err));
		++*ret_n;
	}
	return RD_OK;
}

/* The running clock's day; without one today: the letter was due when it was held. */
static enum rd_rc owe_acknowledgement(struct rd_act *act, struct rd_err *err)
{
	const char *cause = rd_arena_printf(act->arena, "act:contact:%" PRId64, act->now_ms);
	struct rd_date due = rd_date_of(act->now_ms);
	struct rd_case_clock *clocks;
	size_t n;

	RD_TRY(rd_case_clocks(rd_tx_db(act->tx), act->matter.id, act->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && rd_date_is_set(clocks[i].due) &&
			strcmp(clocks[i].name, rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE]) == 0)
			due = clocks[i].due;
	return rd_casework_task(act->tx, act->office, RD_TASK_ACKNOWLEDGE, act->matter.id, 0, 0,
		act->matter.landlord, due, cause, false, err);
}

static enum rd_rc replace(struct rd_act *act, struct rd_case_contact *contact, struct rd_err *err)
{
	size_t n_cancelled;

	RD_TRY(cancel_letters_to_others(act, contact->address, &n_cancelled, err));
	RD_TRY(rd_case_add_contact(act->tx, act->matter.id, contact, err));
	RD_TRY(rd_task_done_of_case(act->tx, act->matter.id, rd_task_names[RD_TASK_RESIDENT],
		act->office->actor.name, "a person said who the resident is", act->now_ms, NULL,
		err));
	return n_cancelled > 0 ? owe_acknowledgement(act, err) : RD_OK;
}

enum rd_rc rd_act_contact(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *address, const char *name, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_case_contact contact = {
		.channel = RD_BY_PHONE, .name = name != NULL ? name : "", .main = true
	};
	bool same;

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	RD_TRY(rd_act_check_contact(&act, address, &contact.address, &contact.channel, err));
	RD_TRY(check(&act, contact.address, err));
	/* Another address of the same person; what only a forward names may be anybody. */
	if (contact.name[0] == '\0' && !act.matter.contact_proposed)
		contact.name = act.matter.contact_name;
	same = strcasecmp(contact.address, act.matter.contact) == 0;
	if (same) {
		RD_TRY(rd_case_add_contact(act.tx, case_id, &contact, err));
		RD_TRY(rd_staff_confirm(act.tx, office, &act.matter, act.arena, err));
	} else {
		RD_TRY(replace(&act, &contact, err));
	}
	return rd_act_record_and_commit(
		&act, "contact_set", 0, same ? "{\"confirmed\":true}" : NULL, err);
}
