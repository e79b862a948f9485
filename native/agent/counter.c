/*
 * The mapped counter of a file that counts generations, as the proposed device /dev/sysgenid shows
 * one: 32 bits at the beginning of a page that the kernel or another program changes.
 *
 * The descriptor stays the caller's. The mapping is the caller's, too: it knows it by its address,
 * and takes it away before an image is written, because what others change can't travel. Only what
 * can't become shorter is mapped, since the kernel ends whoever reads behind the end of a file:
 * devices, and memory of memfd_create(2) that is sealed against that.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "events.h"
#include "module.h"

#define PAGE 4096

static int keeps_size(int fd)
{
    struct stat status;
    int seals = fcntl(fd, F_GET_SEALS);

    if (fstat(fd, &status) != 0)
        return 0;
    if (S_ISREG(status.st_mode))
        return status.st_size >= (off_t)sizeof(uint32_t) && seals >= 0 && seals & F_SEAL_SHRINK;
    return S_ISCHR(status.st_mode);
}

/* Whether a page can be read, asked of the kernel: it refuses what would end the process. */
static int is_readable(void *page)
{
    uint32_t counter;
    struct iovec local = {&counter, sizeof counter}, remote = {page, sizeof counter};

    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)sizeof counter;
}

static void *get_address(napi_env env, napi_callback_info info)
{
    size_t count = 1;
    napi_value argument;
    int64_t address = 0;

    napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
    napi_get_value_int64(env, argument, &address);
    return (void *)(intptr_t)address;
}

napi_value counter_map(napi_env env, napi_callback_info info)
{
    int fd = (int)(intptr_t)get_address(env, info);
    void *page = keeps_size(fd) ? mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

    if (page == MAP_FAILED)
        return number_value(env, 0);
    if (!is_readable(page)) {
        munmap(page, PAGE);
        return number_value(env, 0);
    }
    return number_value(env, (double)(intptr_t)page);
}

napi_value counter_read(napi_env env, napi_callback_info info)
{
    const volatile uint32_t *counter = get_address(env, info);

    return number_value(env, *counter);
}

napi_value counter_unmap(napi_env env, napi_callback_info info)
{
    munmap(get_address(env, info), PAGE);
    return NULL;
}
