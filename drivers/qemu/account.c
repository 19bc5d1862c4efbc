/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/account.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMES_BYTES 16384
#define MAX_GROUPS  256

struct _VirtCpuAccount {
    char *name;
    gboolean chosen;
    VirtCpuProcessIdentity identity;
    gid_t groups[MAX_GROUPS + 1];
};

/* virtcpu's own, Debian's, and Red Hat's and SUSE's. */
static const char *const usual_names[] = { "virtcpu-qemu", "libvirt-qemu", "qemu" };

/* The number in "+12", as libvirt has it. */
static gboolean
read_number(const char *name, unsigned *number)
{
    guint64 value;

    if (name[0] != '+' || !g_ascii_string_to_unsigned(name + 1, 10, 0, G_MAXINT32, &value, NULL)) {
        return FALSE;
    }
    *number = (unsigned)value;
    return TRUE;
}

static gboolean
find_group(const char *name, gid_t *gid)
{
    char buffer[NAMES_BYTES];
    struct group group, *found = NULL;

    if (read_number(name, gid)) {
        return TRUE;
    }
    if (getgrnam_r(name, &group, buffer, sizeof(buffer), &found) != 0 || found == NULL) {
        return FALSE;
    }
    *gid = found->gr_gid;
    return TRUE;
}

static void
add_group(VirtCpuAccount *account, gid_t gid)
{
    for (gsize i = 0; i < account->identity.groups_count; i++) {
        if (account->groups[i] == gid) {
            return;
        }
    }
    if (account->identity.groups_count < MAX_GROUPS) {
        account->groups[account->identity.groups_count++] = gid;
    }
}

/* The one whose members use the accelerator. */
static void
add_kvm_group(VirtCpuAccount *account)
{
    const mode_t wanted = S_IRGRP | S_IWGRP;
    struct stat info;

    if (stat("/dev/kvm", &info) == 0 && (info.st_mode & wanted) == wanted) {
        add_group(account, info.st_gid);
    }
}

/* NULL when there is no user @name. */
static VirtCpuAccount *
find_user(const char *name)
{
    g_autoptr(VirtCpuAccount) account = g_new0(VirtCpuAccount, 1);
    char buffer[NAMES_BYTES];
    struct passwd user, *found = NULL;
    int count = MAX_GROUPS;
    unsigned number;

    if (read_number(name, &number)) {
        getpwuid_r(number, &user, buffer, sizeof(buffer), &found);
        account->identity.uid = account->identity.gid = number;
    } else if (getpwnam_r(name, &user, buffer, sizeof(buffer), &found) != 0 || found == NULL) {
        return NULL;
    }
    account->name = g_strdup(found != NULL ? found->pw_name : name);
    account->identity.groups = account->groups;
    if (found != NULL) {
        account->identity.uid = found->pw_uid;
        account->identity.gid = found->pw_gid;
        if (getgrouplist(found->pw_name, found->pw_gid, account->groups, &count) >= 0) {
            account->identity.groups_count = (gsize)count;
        }
    }
    return g_steal_pointer(&account);
}

static VirtCpuAccount *
find_usual(void)
{
    VirtCpuAccount *account = NULL;

    for (gsize i = 0; account == NULL && i < G_N_ELEMENTS(usual_names); i++) {
        account = find_user(usual_names[i]);
    }
    return account;
}

VirtCpuAccount *
virtcpu_account_new(const char *user, const char *group, GError **error)
{
    g_autoptr(VirtCpuAccount) account = NULL;

    if (geteuid() != 0) {
        return NULL;
    }
    account = user != NULL ? find_user(user) : find_usual();
    if (user != NULL && account == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("There is no user '%s'."), user);
        return NULL;
    }
    if (account == NULL || account->identity.uid == 0) {
        return NULL;
    }
    account->chosen = user != NULL;
    if (group != NULL && !find_group(group, &account->identity.gid)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("There is no group '%s'."),
                          group);
        return NULL;
    }
    add_kvm_group(account);
    return g_steal_pointer(&account);
}

VirtCpuAccount *
virtcpu_account_new_for_questions(const char *binary, gboolean kvm)
{
    g_autoptr(VirtCpuAccount) account = NULL;

    if (geteuid() != 0) {
        return NULL;
    }
    account = find_usual();
    if (account == NULL) {
        account = find_user("nobody");
    }
    if (account == NULL) {
        return NULL;
    }
    add_kvm_group(account);
    if (!virtcpu_account_may(account, binary, R_OK | X_OK) ||
        (kvm && !virtcpu_account_may(account, "/dev/kvm", R_OK | W_OK))) {
        return NULL;
    }
    return g_steal_pointer(&account);
}

void
virtcpu_account_free(VirtCpuAccount *account)
{
    if (account != NULL) {
        g_free(account->name);
        g_free(account);
    }
}

const char *
virtcpu_account_name(const VirtCpuAccount *account)
{
    return account->name;
}

gboolean
virtcpu_account_is_chosen(const VirtCpuAccount *account)
{
    return account->chosen;
}

const VirtCpuProcessIdentity *
virtcpu_account_identity(const VirtCpuAccount *account)
{
    return &account->identity;
}

/* The kernel keeps these rights for each thread by itself; the C library's setgroups() would change
 * every one. */
static long
set_thread_groups(gsize count, const gid_t *groups)
{
    return syscall(SYS_setgroups, count, groups);
}

gboolean
virtcpu_account_may(const VirtCpuAccount *account, const char *path, int mode)
{
    gid_t own[MAX_GROUPS * 4];
    int own_count = getgroups(G_N_ELEMENTS(own), own);
    const gid_t own_gid = getegid();
    long answer;
    int reason;

    if (own_count < 0 || set_thread_groups(account->identity.groups_count, account->groups) != 0) {
        return FALSE;
    }
    setfsgid(account->identity.gid);
    setfsuid(account->identity.uid); /* root's power over files goes with it */
    answer = syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS);
    reason = errno;
    setfsuid(geteuid());
    setfsgid(own_gid);
    if (set_thread_groups((gsize)own_count, own) != 0) {
        g_error("cannot take the daemon's own groups back"); /* they were its own a moment ago */
    }
    errno = reason;
    return answer == 0;
}
