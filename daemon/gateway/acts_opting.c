#include "redress/gateway/acts_opting.h"

#include <stdio.h>

#include "redress/gateway/act.h"
#include "redress/store/contact.h"

#define HASH_BYTES 10 /* enough to tell one contact from another */

enum rd_rc rd_act_opt(struct rd_db *db, const struct rd_office *office, const char *contact,
	bool out, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	char detail[64], hex[2 * HASH_BYTES + 1];
	uint8_t key[RD_STORE_KEY_BYTES];
	bool is_out = false;

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(rd_contact_opted_out(db, contact, &is_out, err));
	if (is_out == out)
		return rd_fail(err, RD_E_EXISTS, "it is so already");
	if (out)
		RD_TRY(rd_contact_opt_out(act.tx, contact, act.now_ms, err));
	else
		RD_TRY(rd_contact_opt_in(act.tx, contact, act.now_ms, err));
	rd_store_address_key(rd_db_store(db), contact, key);
	for (size_t i = 0; i < HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	snprintf(detail, sizeof detail, "{\"contact\":\"%s\"}", hex);
	return rd_act_record_and_commit(
		&act, out ? "opted_out_by_staff" : "opted_in_by_staff", 0, detail, err);
}
