/* `aws` in tests: hands a call to cli_server.py and ends as it does. It starts for every call, and Python takes longer to
   start than such a call to be answered. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static int fail(const char *what) {
  perror(what);
  return 255;
}

int main(int count, char **arguments) {
  const char *path = getenv("VPN_TEST_CLI");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (path == NULL || strlen(path) >= sizeof to.sun_path) return fail("VPN_TEST_CLI");
  strcpy(to.sun_path, path);
  if (connect(server, (struct sockaddr *)&to, sizeof to) != 0) return fail(path);

  /* Its output files go along with the first byte. */
  int files[] = {0, 1, 2};
  union {
    char bytes[CMSG_SPACE(sizeof files)];
    struct cmsghdr aligned;
  } room = {{0}};
  struct iovec first = {.iov_base = " ", .iov_len = 1};
  struct msghdr message = {.msg_iov = &first, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof files);
  memcpy(CMSG_DATA(rights), files, sizeof files);
  if (sendmsg(server, &message, 0) != 1) return fail("sendmsg");

  /* The number of arguments, these, the directory, the environment; each ends with a zero byte. */
  FILE *call = fdopen(server, "w");
  char *directory = getcwd(NULL, 0);
  if (call == NULL || directory == NULL) return fail("the call");
  fprintf(call, "%d%c", count - 1, 0);
  for (int number = 1; number < count; number++) fprintf(call, "%s%c", arguments[number], 0);
  fprintf(call, "%s%c", directory, 0);
  for (char **variable = environ; *variable != NULL; variable++) fprintf(call, "%s%c", *variable, 0);
  if (fflush(call) != 0 || shutdown(server, SHUT_WR) != 0) return fail("the call");

  unsigned char status;
  return read(server, &status, 1) == 1 ? status : 255;
}
