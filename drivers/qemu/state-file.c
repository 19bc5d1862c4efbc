/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/state-file.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of what is written but not in place yet. */
#define UNFINISHED_SUFFIX ".new"

gboolean
virtcpu_state_folder_make(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0755) == 0) {
        return TRUE;
    }
    virtcpu_error_set_errno(error, errno, _("Cannot make folder '%s'"), path);
    return FALSE;
}

static gboolean
write_all(int fd, const char *text, gsize left)
{
    while (left > 0) {
        gssize written = write(fd, text, left);

        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return FALSE;
        }
        text += written;
        left -= (gsize)written;
    }
    return TRUE;
}

/* A rename or removal is only safe once the folder itself is on disk. */
gboolean
virtcpu_state_folder_sync(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = fd >= 0 && fsync(fd) == 0;

    if (!synced) {
        virtcpu_error_set_errno(error, errno, _("Cannot sync folder '%s'"), folder);
    }
    if (fd >= 0) {
        close(fd);
    }
    return synced;
}

static gboolean
write_beside(const char *temporary, const char *data, gsize length, GError **error)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    gboolean whole;
    int saved;

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot create file '%s'"), temporary);
        return FALSE;
    }
    whole = write_all(fd, data, length) && fsync(fd) == 0;
    saved = errno;
    if (close(fd) != 0 && whole) {
        whole = FALSE;
        saved = errno;
    }
    if (!whole) {
        virtcpu_error_set_errno(error, saved, _("Cannot write file '%s'"), temporary);
    }
    return whole;
}

static gboolean
prepare_bytes(const char *path, const char *data, gsize length, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, UNFINISHED_SUFFIX, NULL);

    if (!write_beside(temporary, data, length, error)) {
        g_unlink(temporary);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_state_file_commit(const char *path, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, UNFINISHED_SUFFIX, NULL);

    if (rename(temporary, path) != 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot put file '%s' in place"), path);
        g_unlink(temporary);
        return FALSE;
    }
    return virtcpu_state_folder_sync(path, error);
}

void
virtcpu_state_file_abandon(const char *path)
{
    g_autofree char *temporary = g_strconcat(path, UNFINISHED_SUFFIX, NULL);

    g_unlink(temporary);
}

gboolean
virtcpu_state_file_prepare(const char *path, const char *text, GError **error)
{
    return prepare_bytes(path, text, strlen(text), error);
}

gboolean
virtcpu_state_file_write_bytes(const char *path, const char *data, gsize length, GError **error)
{
    return prepare_bytes(path, data, length, error) && virtcpu_state_file_commit(path, error);
}

gboolean
virtcpu_state_file_write(const char *path, const char *text, GError **error)
{
    return virtcpu_state_file_write_bytes(path, text, strlen(text), error);
}

static char *
read_bounded(int fd, const char *path, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char block[16384];
    gssize got;

    while ((got = read(fd, block, sizeof(block))) != 0) {
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            virtcpu_error_set_errno(error, errno, _("Cannot read file '%s'"), path);
            return NULL;
        }
        g_string_append_len(text, block, got);
        if (text->len > VIRTCPU_STATE_FILE_MAX_BYTES) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("File '%s' is longer than %d bytes"), path,
                              VIRTCPU_STATE_FILE_MAX_BYTES);
            return NULL;
        }
    }
    if (strlen(text->str) != text->len) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("File '%s' is not text"), path);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

char *
virtcpu_state_file_read(const char *path, GError **error)
{
    /* O_NONBLOCK: a FIFO put in the folder must not stop the daemon */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    char *text = NULL;

    if (fd < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot open file '%s'"), path);
        return NULL;
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("'%s' is not a regular file"), path);
    } else {
        text = read_bounded(fd, path, error);
    }
    close(fd);
    return text;
}

gboolean
virtcpu_state_file_remove(const char *path, GError **error)
{
    if (g_unlink(path) == 0) {
        return virtcpu_state_folder_sync(path, error);
    }
    if (errno == ENOENT) {
        return TRUE;
    }
    virtcpu_error_set_errno(error, errno, _("Cannot remove file '%s'"), path);
    return FALSE;
}

gboolean
virtcpu_state_file_link(const char *path, const char *target, GError **error)
{
    g_autofree char *temporary = g_strconcat(path, UNFINISHED_SUFFIX, NULL);

    g_unlink(temporary);
    if (symlink(target, temporary) != 0 || rename(temporary, path) != 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot make link '%s' to '%s'"), path, target);
        g_unlink(temporary);
        return FALSE;
    }
    return virtcpu_state_folder_sync(path, error);
}

void
virtcpu_state_folder_tidy(const char *path)
{
    g_auto(GStrv) names = virtcpu_state_folder_list(path, UNFINISHED_SUFFIX);

    for (char **name = names; *name != NULL; name++) {
        g_autofree char *file = g_strconcat(path, "/", *name, UNFINISHED_SUFFIX, NULL);

        if (g_unlink(file) != 0) {
            g_message("'%s', which an earlier daemon did not finish, stays behind: %s", file,
                      g_strerror(errno));
        }
    }
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **
virtcpu_state_folder_list(const char *path, const char *suffix)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder && (name = g_dir_read_name(folder))) {
        if (g_str_has_suffix(name, suffix)) {
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(suffix)));
        }
    }
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}
