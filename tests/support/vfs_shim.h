/* vfs_shim: a SQLite VFS before the real one, that knows what has been written and not yet synced.
 *
 * kill -9 alone cannot show that a commit was synced: the kernel keeps what a dead process wrote,
 *so a store with synchronous=OFF passes every kill test. With this VFS a test asks at the very
 *moment of a 2xx, or of a mark on the server, whether all that was written has been synced:
 *
 *	vfs_shim_register("shim");
 *	struct rd_store_options options = { .path = path, .create = true, .vfs = "shim" };
 *	...
 *	commits = vfs_shim_syncs();      before the request
 *	...                              the answer 2xx is here:
 *	assert_true(vfs_shim_syncs() > commits);   something was synced meanwhile,
 *	assert_false(vfs_shim_dirty());            and nothing written is left unsynced
 *
 * Counts the state file and its log together, over all handles. It can also fail writes, as a full
 *or a broken disk does. One for the whole process; all calls are safe in any thread.
 */
#ifndef REDRESS_SUPPORT_VFS_SHIM_H
#define REDRESS_SUPPORT_VFS_SHIM_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VFS_SHIM_KEPT (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)

struct vfs_shim {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods methods;
	_Atomic int_fast64_t unsynced[2]; /* writes since the last sync: state file, log */
	_Atomic int_fast64_t writes, syncs;
	_Atomic int fail_code; /* what xWrite and xSync answer; 0: they work */
};

static struct vfs_shim vfs_shim_one;

struct vfs_shim_file {
	sqlite3_file base;
	int which; /* of unsynced[]; -1: a temporary file */
	sqlite3_file *real;
};

static inline struct vfs_shim_file *vfs_shim_of(sqlite3_file *file)
{
	return (struct vfs_shim_file *)(void *)file;
}

static inline sqlite3_file *vfs_shim_real(sqlite3_file *file)
{
	return vfs_shim_of(file)->real;
}

static inline int vfs_shim_close(sqlite3_file *file)
{
	sqlite3_file *real = vfs_shim_real(file);
	int code = real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;

	free(real);
	return code;
}

static inline int vfs_shim_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
	return vfs_shim_real(file)->pMethods->xRead(vfs_shim_real(file), to, n, at);
}

static inline int vfs_shim_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
	int which = vfs_shim_of(file)->which;

	if (which >= 0) {
		int fail = atomic_load(&vfs_shim_one.fail_code);
		if (fail)
			return fail;
		atomic_fetch_add(&vfs_shim_one.unsynced[which], 1);
		atomic_fetch_add(&vfs_shim_one.writes, 1);
	}
	return vfs_shim_real(file)->pMethods->xWrite(vfs_shim_real(file), from, n, at);
}

static inline int vfs_shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	return vfs_shim_real(file)->pMethods->xTruncate(vfs_shim_real(file), size);
}

static inline int vfs_shim_sync(sqlite3_file *file, int flags)
{
	int which = vfs_shim_of(file)->which;
	/* What is written by another thread while this sync runs is not covered by it. */
	int_fast64_t covered = which >= 0 ? atomic_load(&vfs_shim_one.unsynced[which]) : 0;
	int fail = which >= 0 ? atomic_load(&vfs_shim_one.fail_code) : 0;

	if (fail)
		return fail;
	int code = vfs_shim_real(file)->pMethods->xSync(vfs_shim_real(file), flags);
	if (code == SQLITE_OK && which >= 0) {
		atomic_fetch_sub(&vfs_shim_one.unsynced[which], covered);
		atomic_fetch_add(&vfs_shim_one.syncs, 1);
	}
	return code;
}

static inline int vfs_shim_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return vfs_shim_real(file)->pMethods->xFileSize(vfs_shim_real(file), size);
}

static inline int vfs_shim_lock(sqlite3_file *file, int level)
{
	return vfs_shim_real(file)->pMethods->xLock(vfs_shim_real(file), level);
}

static inline int vfs_shim_unlock(sqlite3_file *file, int level)
{
	return vfs_shim_real(file)->pMethods->xUnlock(vfs_shim_real(file), level);
}

static inline int vfs_shim_reserved(sqlite3_file *file, int *out)
{
	return vfs_shim_real(file)->pMethods->xCheckReservedLock(vfs_shim_real(file), out);
}

static inline int vfs_shim_control(sqlite3_file *file, int op, void *arg)
{
	return vfs_shim_real(file)->pMethods->xFileControl(vfs_shim_real(file), op, arg);
}

static inline int vfs_shim_sector(sqlite3_file *file)
{
	return vfs_shim_real(file)->pMethods->xSectorSize(vfs_shim_real(file));
}

static inline int vfs_shim_device(sqlite3_file *file)
{
	return vfs_shim_real(file)->pMethods->xDeviceCharacteristics(vfs_shim_real(file));
}

static inline int vfs_shim_map(
	sqlite3_file *file, int page, int bytes, int extend, void volatile **out)
{
	return vfs_shim_real(file)->pMethods->xShmMap(
		vfs_shim_real(file), page, bytes, extend, out);
}

static inline int vfs_shim_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return vfs_shim_real(file)->pMethods->xShmLock(vfs_shim_real(file), offset, n, flags);
}

static inline void vfs_shim_barrier(sqlite3_file *file)
{
	vfs_shim_real(file)->pMethods->xShmBarrier(vfs_shim_real(file));
}

static inline int vfs_shim_unmap(sqlite3_file *file, int drop)
{
	return vfs_shim_real(file)->pMethods->xShmUnmap(vfs_shim_real(file), drop);
}

static inline int vfs_shim_open(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
	struct vfs_shim_file *shim = vfs_shim_of(file);

	(void)vfs;
	shim->which = !(flags & VFS_SHIM_KEPT) ? -1 : flags & SQLITE_OPEN_WAL ? 1 : 0;
	shim->real = calloc(1, (size_t)vfs_shim_one.real->szOsFile);
	if (!shim->real)
		return SQLITE_NOMEM;
	int code = vfs_shim_one.real->xOpen(vfs_shim_one.real, name, shim->real, flags, out_flags);
	if (code != SQLITE_OK && !shim->real->pMethods) {
		free(shim->real);
		shim->base.pMethods = NULL;
		return code;
	}
	shim->base.pMethods = &vfs_shim_one.methods;
	return code;
}

/* Once a process, before the store is opened. */
static inline void vfs_shim_register(const char *name)
{
	if (vfs_shim_one.real)
		return;
	vfs_shim_one.real = sqlite3_vfs_find(NULL);
	vfs_shim_one.vfs = *vfs_shim_one.real;
	vfs_shim_one.vfs.zName = name;
	vfs_shim_one.vfs.pNext = NULL;
	vfs_shim_one.vfs.szOsFile = (int)sizeof(struct vfs_shim_file);
	vfs_shim_one.vfs.xOpen = vfs_shim_open;
	vfs_shim_one.methods = (sqlite3_io_methods){
		.iVersion = 2, /* without xFetch: what is not mapped is not missed */
		.xClose = vfs_shim_close,
		.xRead = vfs_shim_read,
		.xWrite = vfs_shim_write,
		.xTruncate = vfs_shim_truncate,
		.xSync = vfs_shim_sync,
		.xFileSize = vfs_shim_size,
		.xLock = vfs_shim_lock,
		.xUnlock = vfs_shim_unlock,
		.xCheckReservedLock = vfs_shim_reserved,
		.xFileControl = vfs_shim_control,
		.xSectorSize = vfs_shim_sector,
		.xDeviceCharacteristics = vfs_shim_device,
		.xShmMap = vfs_shim_map,
		.xShmLock = vfs_shim_shm_lock,
		.xShmBarrier = vfs_shim_barrier,
		.xShmUnmap = vfs_shim_unmap,
	};
	if (sqlite3_vfs_register(&vfs_shim_one.vfs, 0) != SQLITE_OK)
		abort();
}

/* Has anything been written that is not synced? */
static inline bool vfs_shim_dirty(void)
{
	return atomic_load(&vfs_shim_one.unsynced[0]) > 0 ||
	       atomic_load(&vfs_shim_one.unsynced[1]) > 0;
}

static inline int64_t vfs_shim_writes(void)
{
	return atomic_load(&vfs_shim_one.writes);
}

static inline int64_t vfs_shim_syncs(void)
{
	return atomic_load(&vfs_shim_one.syncs);
}

/* From now on every write and sync fails: SQLITE_FULL, SQLITE_IOERR_WRITE ...; 0: no more. */
static inline void vfs_shim_fail(int code)
{
	atomic_store(&vfs_shim_one.fail_code, code);
}

#endif
