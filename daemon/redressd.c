/* redressd: the daemon's main: options, the readers' spawner first, then the service. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/gateway/service.h"

#define DEFAULT_CONFIG "/etc/redress/redress.conf"

enum exit_status { EXIT_DONE = 0, EXIT_FOUND = 1, EXIT_USAGE = 2, EXIT_LATER = 3 };
enum mode { MODE_RUN = 0, MODE_CHECK, MODE_ONCE };

static const char usage[] =
	"usage: redressd [--config FILE] [--check | --once]\n"
	"\n"
	"  --config FILE  the configuration; " DEFAULT_CONFIG " by default\n"
	"  --check        say what is wrong with configuration, secrets, rules and policies\n"
	"  --once         read each mailbox once, decide, send what is due, and end\n"
	"  --version      say which version this is\n"
	"\n"
	"redressd(8) and redressd.conf(5) tell the rest.\n";

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check", no_argument, NULL, 'k' },
	{ "once", no_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static int complain(const struct rd_err *err)
{
	fprintf(stderr, "redressd: %s\n", err->msg);
	return err->code == RD_E_AGAIN ? EXIT_LATER : EXIT_USAGE;
}

static int check(const struct rd_config *config)
{
	struct rd_err err = { 0 };
	bool refuse = false;

	if (rd_service_check(config, &rd_system_clock, &refuse, &err) != RD_OK)
		return complain(&err);
	if (!refuse)
		printf("%s: fit to run\n", config->file);
	return refuse ? EXIT_USAGE : EXIT_DONE;
}

static int once(const struct rd_config *config, struct rd_spawner *spawner)
{
	struct rd_err err = { 0 };
	bool must_wait = false;

	if (rd_service_once(config, &rd_system_clock, spawner, &must_wait, &err) != RD_OK)
		return complain(&err);
	return must_wait ? EXIT_LATER : EXIT_DONE;
}

static int run(const struct rd_config *config, struct rd_spawner *spawner)
{
	struct rd_err err = { 0 };

	if (rd_service_run(config, &rd_system_clock, spawner, &err) != RD_OK) {
		rd_log(RD_LOG_ERROR, err.msg, NULL);
		return err.code == RD_E_AGAIN ? EXIT_LATER : EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* The spawner starts before a secret is read, and ends after everything else. */
static int work(enum mode mode, const struct rd_config *config)
{
	struct rd_spawner *spawner = NULL;
	struct rd_err err = { 0 };
	int status;

	if (mode == MODE_CHECK)
		return check(config);
	if (rd_spawner_start(&spawner, &err) != RD_OK)
		return complain(&err);
	status = mode == MODE_ONCE ? once(config, spawner) : run(config, spawner);
	rd_spawner_stop(spawner);
	return status;
}

int main(int argc, char **argv)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	const char *path = DEFAULT_CONFIG;
	enum mode mode = MODE_RUN;
	struct rd_err err = { 0 };
	int option;

	rd_reader_main_if_child(argc, argv);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
		case 'o':
			if (mode != MODE_RUN) {
				fputs("redressd: --check and --once exclude each other\n", stderr);
				return EXIT_USAGE;
			}
			mode = option == 'k' ? MODE_CHECK : MODE_ONCE;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		case 'v':
			puts("redressd " RD_VERSION);
			return EXIT_DONE;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "redressd: `%s` is not an option\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	if (rd_config_read(path, &config, &err) != RD_OK)
		return complain(&err);
	return work(mode, config);
}
