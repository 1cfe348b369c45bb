/* case export: the evidence pack of one case. */
#include <stdio.h>

#include "command.h"
#include "desk.h"
#include "dossier.h"
#include "print.h"

enum rd_exit rd_ctl_case_export(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_dossier_sums sums;
	struct rd_err err = { 0 };
	int64_t id = 0;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (optind + 2 != argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_ctl_case(&desk, argv[optind], &id, &err) != RD_OK ||
		rd_dossier_write(&desk, id, argv[optind + 1], &sums, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json) {
		rd_json_print(json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "ref", sums.reference, "dir",
			argv[optind + 1], "files", (json_int_t)sums.n_files, "messages",
			(json_int_t)sums.n_messages, "letters", (json_int_t)sums.n_letters,
			"erased", (json_int_t)sums.n_erased));
		return RD_EXIT_DONE;
	}
	printf("%s: %zu files in %s; open index.html in a browser.\n", sums.reference, sums.n_files,
		argv[optind + 1]);
	if (sums.n_erased != 0)
		printf("The words of %zu message%s were erased and are not in it.\n", sums.n_erased,
			sums.n_erased == 1 ? "" : "s");
	puts("It holds what residents and staff wrote: look through it before it leaves the "
	     "house.");
	return RD_EXIT_DONE;
}
