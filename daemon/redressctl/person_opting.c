/* person opt-out, opt-in: whether automatic letters may go to an address or a number. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/gateway/acts_opting.h"
#include "redress/message/sms.h"

static enum rd_exit opt(struct rd_ctl *ctl, int argc, char **argv, bool out)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	char number[RD_PHONE_MAX];
	struct rd_err err = { 0 };
	const char *contact;
	enum rd_rc rc;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (optind + 1 != argc)
		return rd_ctl_usage(ctl);
	contact = argv[optind];
	if (strchr(contact, '@') == NULL && !rd_phone_canonical(contact, number)) {
		(void)rd_fail(&err, RD_E_INPUT,
			"`%.80s` is neither an e-mail address nor a telephone number", contact);
		return rd_ctl_fail(&err);
	}
	if (strchr(contact, '@') == NULL)
		contact = number;
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rc = rd_act_opt(desk.desk.db, &desk.desk.office, contact, out, &err);
	if (rc != RD_OK && rc != RD_E_EXISTS)
		return rd_ctl_fail(&err);
	if (ctl->json) {
		rd_json_print(json_pack("{s:s,s:b,s:b}", "contact", contact, "opted_out", out,
			"changed", rc == RD_OK));
		return RD_EXIT_DONE;
	}
	printf("%s: %sautomatic letters and texts go there%s\n", contact, out ? "no " : "",
		rc == RD_E_EXISTS ? ", as before" : "");
	if (!out && contact == number)
		puts("Where STOP was said to the provider, it goes on refusing texts until the "
		     "resident texts START.");
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_person_opt_out(struct rd_ctl *ctl, int argc, char **argv)
{
	return opt(ctl, argc, argv, true);
}

enum rd_exit rd_ctl_person_opt_in(struct rd_ctl *ctl, int argc, char **argv)
{
	return opt(ctl, argc, argv, false);
}
