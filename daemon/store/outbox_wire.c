#include "redress/store/outbox_wire.h"

#include "redress/store/sql.h"

#define ON_WIRE "outbox.on_wire"

enum rd_rc rd_outbox_on_wire(struct rd_tx *tx, int64_t id, struct rd_err *err)
{
	return rd_meta_set_int(tx, ON_WIRE, id, err);
}

enum rd_rc rd_outbox_last_on_wire(struct rd_db *db, int64_t *ret_id, struct rd_err *err)
{
	return rd_meta_get_int(db, ON_WIRE, ret_id, err);
}

enum rd_rc rd_outbox_take_back(struct rd_tx *tx, int64_t now_ms, struct rd_err *err)
{
	int64_t on_wire = 0;
	RD_TRY(rd_outbox_last_on_wire(rd_tx_db(tx), &on_wire, err));
	for (;;) {
		int64_t id = 0;
		RD_TRY(rd_sql_int(rd_tx_db(tx),
			"SELECT min(id) FROM outbox WHERE state = 'sending' AND id <> ?1",
			RD_ARGS(rd_int(on_wire)), 0, &id, err));
		if (id == 0)
			return RD_OK;
		RD_TRY(rd_outbox_unclaim(tx, id, now_ms, err));
	}
}
