/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/file-loans.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/file-needs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A lent file: who owns it, and how many domains use it. */
typedef struct {
    uid_t uid;
    gid_t gid;
    unsigned users;
} Entry;

struct _VirtCpuFileLoans {
    GMutex lock;
    GHashTable *entries; /* path → Entry */
};

static void
loan_free(gpointer data)
{
    VirtCpuFileLoan *loan = data;

    g_free(loan->path);
    g_free(loan);
}

static GPtrArray *
new_list(void)
{
    return g_ptr_array_new_with_free_func(loan_free);
}

VirtCpuFileLoans *
virtcpu_file_loans_new(void)
{
    VirtCpuFileLoans *loans = g_new0(VirtCpuFileLoans, 1);

    g_mutex_init(&loans->lock);
    loans->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return loans;
}

void
virtcpu_file_loans_free(VirtCpuFileLoans *loans)
{
    if (loans != NULL) {
        g_hash_table_unref(loans->entries);
        g_mutex_clear(&loans->lock);
        g_free(loans);
    }
}

/* One more domain uses @path; @uid and @gid get its owner, who may be another's loan's. */
static void
count_user(VirtCpuFileLoans *loans, const char *path, uid_t *uid, gid_t *gid)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&loans->lock);
    Entry *entry = g_hash_table_lookup(loans->entries, path);

    if (entry == NULL) {
        entry = g_new0(Entry, 1);
        entry->uid = *uid;
        entry->gid = *gid;
        g_hash_table_insert(loans->entries, g_strdup(path), entry);
    }
    *uid = entry->uid;
    *gid = entry->gid;
    entry->users++;
}

/* One domain less; TRUE when it was the last. */
static gboolean
discount_user(VirtCpuFileLoans *loans, const char *path)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&loans->lock);
    Entry *entry = g_hash_table_lookup(loans->entries, path);

    if (entry != NULL && --entry->users == 0) {
        g_hash_table_remove(loans->entries, path);
        return TRUE;
    }
    return entry == NULL;
}

static gboolean
is_lent(VirtCpuFileLoans *loans, const char *path)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&loans->lock);

    return g_hash_table_contains(loans->entries, path);
}

static void
refuse(const VirtCpuAccount *account, const char *path, int reason, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("user '%s', whom QEMUs run as, cannot use '%s': %s"),
                      virtcpu_account_name(account), path, g_strerror(reason));
}

/* TRUE when the owner of a file with @mode bits may what @wanted says. */
static gboolean
owner_may(mode_t mode, int wanted)
{
    return (!(wanted & R_OK) || (mode & S_IRUSR)) && (!(wanted & W_OK) || (mode & S_IWUSR));
}

/* Make @path, empty, when it is missing. */
static gboolean
make_file(const char *path, GError **error)
{
    g_auto(VirtCpuFd) fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);

    if (fd >= 0 || errno == ENXIO) {
        return TRUE;
    }
    virtcpu_error_set_errno(error, errno, _("Cannot make file '%s'"), path);
    return FALSE;
}

/* The file at @path without links, and what it is. */
static char *
find_file(const char *path, struct stat *info, GError **error)
{
    char *real = realpath(path, NULL);

    if (real == NULL || lstat(real, info) != 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot open file '%s'"), path);
        free(real);
        return NULL;
    }
    return real;
}

static gboolean
plan_loan(VirtCpuFileLoans *loans, const VirtCpuAccount *account, const VirtCpuFileNeed *need,
          GPtrArray *planned, GError **error)
{
    struct stat info;
    g_autofree char *real = find_file(need->path, &info, error);
    g_autofree char *folder = real != NULL ? g_path_get_dirname(real) : NULL;
    VirtCpuFileLoan *loan;

    if (real == NULL) {
        return FALSE;
    }
    /* a file that is another domain's loan must not go back while this one runs */
    if (virtcpu_account_may(account, real, need->mode) && !is_lent(loans, real)) {
        return TRUE;
    }
    if (!virtcpu_account_may(account, folder, X_OK)) {
        refuse(account, need->path, errno, error);
        return FALSE;
    }
    if (!(S_ISREG(info.st_mode) || S_ISBLK(info.st_mode) || S_ISCHR(info.st_mode)) ||
        !owner_may(info.st_mode, need->mode)) {
        refuse(account, need->path, EACCES, error);
        return FALSE;
    }
    loan = g_new0(VirtCpuFileLoan, 1);
    loan->uid = info.st_uid;
    loan->gid = info.st_gid;
    count_user(loans, real, &loan->uid, &loan->gid);
    loan->path = g_steal_pointer(&real);
    g_ptr_array_add(planned, loan);
    return TRUE;
}

static gboolean
plan_one(VirtCpuFileLoans *loans, const VirtCpuAccount *account, const VirtCpuFileNeed *need,
         GPtrArray *planned, GError **error)
{
    if (need->created && !make_file(need->path, error)) {
        return FALSE;
    }
    if (need->lend) {
        return plan_loan(loans, account, need, planned, error);
    }
    if (!virtcpu_account_may(account, need->path, need->mode)) {
        refuse(account, need->path, errno, error);
        return FALSE;
    }
    return TRUE;
}

/* Forget @planned, of which nothing was given. */
static void
drop_plan(VirtCpuFileLoans *loans, GPtrArray *planned)
{
    for (guint i = 0; i < planned->len; i++) {
        (void)discount_user(loans, ((VirtCpuFileLoan *)g_ptr_array_index(planned, i))->path);
    }
    g_ptr_array_unref(planned);
}

GPtrArray *
virtcpu_file_loans_plan(VirtCpuFileLoans *loans, const VirtCpuAccount *account,
                        const GPtrArray *needs, GError **error)
{
    GPtrArray *planned = new_list();

    for (guint i = 0; i < needs->len; i++) {
        if (!plan_one(loans, account, g_ptr_array_index(needs, i), planned, error)) {
            drop_plan(loans, planned);
            return NULL;
        }
    }
    return planned;
}

/* Make @uid and @gid the owners of the file at @path itself, wherever a link has been put. */
static gboolean
change_owner(const char *path, uid_t uid, gid_t gid, GError **error)
{
    g_auto(VirtCpuFd) fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat info;

    if (fd < 0 || fstat(fd, &info) != 0 || S_ISLNK(info.st_mode) ||
        fchownat(fd, "", uid, gid, AT_EMPTY_PATH) != 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot give file '%s' to user %u and group %u"),
                                path, uid, gid);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_file_loans_give(const GPtrArray *planned, const VirtCpuAccount *account, GError **error)
{
    const VirtCpuProcessIdentity *identity = virtcpu_account_identity(account);

    for (guint i = 0; i < planned->len; i++) {
        const VirtCpuFileLoan *loan = g_ptr_array_index(planned, i);

        if (!change_owner(loan->path, identity->uid, identity->gid, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

void
virtcpu_file_loans_adopt(VirtCpuFileLoans *loans, const GPtrArray *lent)
{
    for (guint i = 0; lent != NULL && i < lent->len; i++) {
        const VirtCpuFileLoan *loan = g_ptr_array_index(lent, i);
        uid_t uid = loan->uid;
        gid_t gid = loan->gid;

        count_user(loans, loan->path, &uid, &gid);
    }
}

/* A file that somebody has given to another meanwhile stays his. */
static void
give_back(const VirtCpuFileLoan *loan, const VirtCpuAccount *account)
{
    g_autoptr(GError) error = NULL;
    struct stat info;

    if (lstat(loan->path, &info) != 0 ||
        (account != NULL && info.st_uid != virtcpu_account_identity(account)->uid)) {
        return;
    }
    if (!change_owner(loan->path, loan->uid, loan->gid, &error)) {
        g_message("%s", error->message);
    }
}

void
virtcpu_file_loans_return(VirtCpuFileLoans *loans, const VirtCpuAccount *account,
                          const GPtrArray *lent)
{
    for (guint i = 0; lent != NULL && i < lent->len; i++) {
        const VirtCpuFileLoan *loan = g_ptr_array_index(lent, i);

        if (discount_user(loans, loan->path)) {
            give_back(loan, account);
        }
    }
}

VirtCpuJson *
virtcpu_file_loans_to_json(const GPtrArray *lent)
{
    VirtCpuJson *array = virtcpu_json_new_array();

    for (guint i = 0; lent != NULL && i < lent->len; i++) {
        const VirtCpuFileLoan *loan = g_ptr_array_index(lent, i);
        VirtCpuJson *json = virtcpu_json_new_object();

        virtcpu_json_set_string(json, "path", loan->path);
        virtcpu_json_set_int(json, "uid", loan->uid);
        virtcpu_json_set_int(json, "gid", loan->gid);
        virtcpu_json_append(array, json);
    }
    return array;
}

GPtrArray *
virtcpu_file_loans_from_json(const VirtCpuJson *json)
{
    GPtrArray *lent = new_list();

    for (gsize i = 0; i < virtcpu_json_size(json); i++) {
        const VirtCpuJson *item = virtcpu_json_at(json, i);
        const char *path = virtcpu_json_get_string(item, "path");
        VirtCpuFileLoan *loan;
        gint64 uid, gid;

        if (path == NULL || path[0] != '/' || !virtcpu_json_get_int(item, "uid", &uid) ||
            !virtcpu_json_get_int(item, "gid", &gid) || uid < 0 || uid > G_MAXUINT32 || gid < 0 ||
            gid > G_MAXUINT32) {
            continue;
        }
        loan = g_new0(VirtCpuFileLoan, 1);
        loan->path = g_strdup(path);
        loan->uid = (uid_t)uid;
        loan->gid = (gid_t)gid;
        g_ptr_array_add(lent, loan);
    }
    return lent;
}
