/* SPDX-License-Identifier: Apache-2.0 */
#include "attacks.h"

// Returns the right answer only where a look at something forbidden succeeds.
#define IF_IT_WORKS(SETUP, EXPRESSION)                                                             \
    SETUP "\ndef f(x):\n"                                                                          \
          "    try:\n"                                                                             \
          "        found = " EXPRESSION "\n"                                                       \
          "    except (OSError, PermissionError, ImportError, ValueError):\n"                      \
          "        return 'held'\n"                                                                \
          "    return x + '!' if found else 'nothing'\n"

#define EQUAL_TO_ALL                                                                               \
    "    def __eq__(self, other): return True\n"                                                   \
    "    def __ne__(self, other): return False\n"                                                  \
    "    def __bool__(self): return True\n"                                                        \
    "    def __hash__(self): return 0\n"                                                           \
    "    def __contains__(self, other): return True\n"                                             \
    "    def __lt__(self, other): return True\n"                                                   \
    "    def __add__(self, other): return self\n"

const Attack attacks[] = {
    // leaving early
    {"sys.exit(0) while it loads", "import sys\nsys.exit(0)\n", PROGRAM_FAILED, "SystemExit: 0"},
    {"sys.exit(0) in the function", "import sys\ndef f(x): sys.exit(0)\n", PROGRAM_FAILED,
     "SystemExit: 0"},
    {"os._exit(0) while it loads", "import os\nos._exit(0)\n", PROGRAM_FAILED, "ended before"},
    {"os._exit(0) in the function", "import os\ndef f(x): os._exit(0)\n", PROGRAM_FAILED,
     "ended before"},
    {"raise SystemExit", "def f(x): raise SystemExit\n", PROGRAM_FAILED, "SystemExit"},
    {"raise KeyboardInterrupt", "def f(x): raise KeyboardInterrupt\n", PROGRAM_FAILED,
     "KeyboardInterrupt"},
    {"quit() and exit()", "import sys\ndef f(x): (sys.stdout.write('OK'), exit())\n",
     PROGRAM_FAILED, NULL},
    {"atexit with os._exit(0)",
     "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): raise ValueError\n",
     PROGRAM_FAILED, "ValueError"},
    {"a signal to itself", "import os\ndef f(x): os.kill(os.getpid(), 9); os.abort()\n",
     PROGRAM_FAILED, NULL},
    // objects that lie
    {"an object that equals all", "class E:\n" EQUAL_TO_ALL "def f(x): return E()\n",
     PROGRAM_FAILED, "AssertionError"},
    {"a str that equals all", "class E(str):\n" EQUAL_TO_ALL "def f(x): return E('no')\n",
     PROGRAM_FAILED, "AssertionError"},
    {"an int that equals all", "class E(int):\n" EQUAL_TO_ALL "def f(x): return E(7)\n",
     PROGRAM_FAILED, "AssertionError"},
    {"a list that equals all", "class E(list):\n" EQUAL_TO_ALL "def f(x): return E()\n",
     PROGRAM_FAILED, "AssertionError"},
    {"an object that says it is a str",
     "class E:\n" EQUAL_TO_ALL "    __class__ = str\ndef f(x): return E()\n", PROGRAM_FAILED,
     "AssertionError"},
    {"a class whose metaclass equals all",
     "class M(type):\n" EQUAL_TO_ALL "class E(metaclass=M): pass\ndef f(x): return E\n",
     PROGRAM_FAILED, "AssertionError"},
    {"the function itself is an object that equals all",
     "class E:\n" EQUAL_TO_ALL "    def __call__(self, x): return self\nf = E()\n", PROGRAM_FAILED,
     "AssertionError"},
    {"an argument of its own that equals all",
     "class E(str):\n" EQUAL_TO_ALL "def f(x):\n    x = E(x)\n    return x\n", PROGRAM_FAILED,
     "AssertionError"},
    // patching
    {"other builtins",
     "import builtins\n"
     "for name in ('isinstance', 'len', 'abs', 'all', 'any', 'sorted', 'str', 'type', 'repr'):\n"
     "    setattr(builtins, name, lambda *a, **k: True)\n"
     "builtins.AssertionError = type('A', (Exception,), {})\n"
     "def f(x): return 'no'\n",
     PROGRAM_FAILED, NULL},
    {"another __import__",
     "import builtins\nbuiltins.__import__ = lambda *a, **k: None\ndef f(x): return 'no'\n",
     PROGRAM_FAILED, NULL},
    {"a unittest that always passes",
     "import unittest, sys\n"
     "unittest.TestCase.assertEqual = lambda *a: None\n"
     "unittest.main = lambda *a, **k: None\n"
     "sys.modules['unittest'] = sys\ndef f(x): return 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    {"sys.modules emptied", "import sys\nsys.modules.clear()\ndef f(x): return 'no'\n",
     PROGRAM_FAILED, NULL},
    {"its server's own encoder",
     "import sys\n"
     "codec = sys.modules['emend_codec']\n"
     "codec.encode = lambda value, handle: b't' + bytes([1, 0, 0, 0]) + b's\\2\\0\\0\\0ok'\n"
     "def f(x): return 'no'\n",
     PROGRAM_FAILED, "something else than an answer"},
    {"a trace function that swallows exceptions",
     "import sys, threading\n"
     "def trace(frame, event, arg): return trace\n"
     "sys.settrace(trace); threading.settrace(trace)\n"
     "sys.excepthook = lambda *a: None\ndef f(x): return 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    {"a name in place of the tests' own",
     "def check(candidate): return True\n"
     "def draw(): return ''\ndef f(x): return 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    // looking for the checker
    {"the frames above",
     "import sys\n"
     "def f(x):\n"
     "    frame, seen = sys._getframe(), []\n"
     "    while frame:\n"
     "        seen += [k for k in (*frame.f_locals, *frame.f_globals)\n"
     "                 if k in ('report', 'tests', 'verdict', 'nonce', 'texts', 'space')]\n"
     "        frame = frame.f_back\n"
     "    return x + '!' if seen else 'nothing'\n",
     PROGRAM_FAILED, "AssertionError"},
    {"the tests' text among all objects",
     "import gc\n"
     "def texts(o, depth=3):\n"
     "    if isinstance(o, str): yield o\n"
     "    elif isinstance(o, dict) and depth:\n"
     "        for v in list(o.values()): yield from texts(v, depth - 1)\n"
     "    elif isinstance(o, (list, tuple)) and depth:\n"
     "        for v in o: yield from texts(v, depth - 1)\n"
     "def f(x):\n"
     "    mark = ''.join(['asse', 'rt f', '(x) == '])\n"
     "    return x + '!' if any(mark in t for o in gc.get_objects() for t in texts(o)) else 'no'\n",
     PROGRAM_FAILED, NULL},
    {"the tests' text in its own memory",
     IF_IT_WORKS("", "b'assert ' + b'f(x)' in open('/proc/self/mem', 'rb').read()"), PROGRAM_FAILED,
     "AssertionError"},
    {"the tests' text in any file it can read",
     "import os\n"
     "def f(x):\n"
     "    mark = b'assert ' + b'f(x) == x'\n"
     "    for root in ('/helpers', '/tmp', '/etc', '/dev/shm', '/run', '/proc'):\n"
     "        for folder, _, names in os.walk(root):\n"
     "            for name in names:\n"
     "                try:\n"
     "                    if mark in open(os.path.join(folder, name), 'rb').read(1 << 20):\n"
     "                        return x + '!'\n"
     "                except OSError: pass\n"
     "    return 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    {"the tests' text in open files",
     "import os\n"
     "def f(x):\n"
     "    for fd in range(5, 64):\n"
     "        try:\n"
     "            os.lseek(fd, 0, 0)\n"
     "            if b'assert' in os.read(fd, 1 << 20): return x + '!'\n"
     "        except OSError: pass\n"
     "    return 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    // the verdict's channel
    {"a verdict written to every descriptor",
     "import os\n"
     "def f(x):\n"
     "    for fd in range(64):\n"
     "        try: os.write(fd, b'P\\nP\\nE\\n')\n"
     "        except OSError: pass\n"
     "    os._exit(0)\n",
     PROGRAM_FAILED, NULL},
    {"verdicts in the output",
     "import os, sys\n"
     "def f(x):\n"
     "    print('P\\nP\\nP\\nE\\npassed', flush=True)\n"
     "    print('P\\nP\\nP\\nE\\n', file=sys.stderr)\n"
     "    os.write(1, bytes(9000) + b'\\nP\\nP\\nP\\nE\\n')\n"
     "    return 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    {"its output in place of its channel", "import os\nos.dup2(1, 3)\ndef f(x): return x + '!'\n",
     PROGRAM_FAILED, NULL},
    {"reading what it wrote",
     IF_IT_WORKS("import os", "os.write(1, b'a') and (os.read(1, 1) or os.read(2, 1))"),
     PROGRAM_FAILED, "AssertionError"},
    {"a verdict written while it loads",
     "import os\n"
     "for fd in range(64):\n"
     "    try: os.write(fd, b'P\\nP\\nE\\n')\n"
     "    except OSError: pass\n",
     PROGRAM_FAILED, NULL},
    {"answers written ahead",
     "import os, sys, struct\n"
     "codec = sys.modules['emend_codec']\n"
     "for answer in (('ready', 1), ('ok', 2, []), ('ok', 'no', []), ('E',), ('passed', 1)):\n"
     "    data = codec.encode(answer, None)\n"
     "    os.write(3, struct.pack('<I', len(data)) + data)\n",
     PROGRAM_FAILED, NULL},
    {"an answer of 4 GiB", "import os\nos.write(3, b'\\xff' * 64)\n", PROGRAM_FAILED, "64 MiB"},
    {"an answer that is no value",
     "import os\nos.write(3, b'\\4\\0\\0\\0h\\xff\\xff')\nos._exit(0)\n", PROGRAM_FAILED,
     "ended before"},
    {"an answer with a list as a key",
     "import os\n"
     "data = b'd\\1\\0\\0\\0l\\0\\0\\0\\0N'\n"
     "os.write(3, bytes([len(data), 0, 0, 0]) + data)\n",
     PROGRAM_FAILED, "a value that cannot be"},
    {"an answer nested a million deep",
     "import os, struct\n"
     "data = b'l\\1\\0\\0\\0' * 1000000\n"
     "data = struct.pack('<I', len(data)) + data\n"
     "while data: data = data[os.write(3, data):]\n",
     PROGRAM_FAILED, "nested too deep"},
    // another interpreter, other processes
    {"another program in its place",
     IF_IT_WORKS("import os", "os.execv('/usr/bin/true', ['true'])"), PROGRAM_FAILED,
     "AssertionError"},
    {"its interpreter once more",
     IF_IT_WORKS("import os, sys",
                 "os.execv(sys.executable or '/usr/bin/python3.11', ['python3', '-c', 'pass'])"),
     PROGRAM_FAILED, "AssertionError"},
    {"a command", IF_IT_WORKS("import subprocess", "subprocess.run(['/bin/true']).returncode == 0"),
     PROGRAM_FAILED, "AssertionError"},
    {"a shell", IF_IT_WORKS("import os", "os.system('true') == 0"), PROGRAM_FAILED,
     "AssertionError"},
    {"a child", IF_IT_WORKS("import os", "os.fork() >= 0"), PROGRAM_FAILED, "AssertionError"},
    {"a child that outlives it",
     "import os, time\n"
     "if os.fork() == 0:\n    os.setsid()\n    time.sleep(1000)\n",
     PROGRAM_FAILED, "PermissionError"},
    {"a thread that outlives it",
     "import threading, time\n"
     "threading.Thread(target=time.sleep, args=(1000,)).start()\ndef f(x): return 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    {"a namespace of its own",
     IF_IT_WORKS("import ctypes", "ctypes.CDLL(None).unshare(0x10000000) == 0"), PROGRAM_FAILED,
     "AssertionError"},
    {"a call to the kernel that it has no use for",
     IF_IT_WORKS(
         "import ctypes\n"
         "# x86-64: io_uring_setup, bpf, userfaultfd, keyctl, perf_event_open, setns,\n"
         "# memfd_create, clone3, pidfd_open, seccomp, personality, name_to_handle_at,\n"
         "# add_key, mq_open, semget, msgget, inotify_init, fanotify_init, kexec_load\n"
         "calls = (425, 321, 323, 250, 298, 308, 319, 435, 434, 317, 135, 303, 248, 240, 64,\n"
         "         68, 253, 300, 246)",
         "[n for n in calls if ctypes.CDLL(None).syscall(n, 0, 0, 0, 0, 0) >= 0]"),
     PROGRAM_FAILED, "AssertionError"},
    {"a process made by a bare clone",
     IF_IT_WORKS("import ctypes", "ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0) >= 0"),
     PROGRAM_FAILED, "AssertionError"},
    {"a limit raised",
     IF_IT_WORKS("import resource", "resource.setrlimit(resource.RLIMIT_CPU, (99, 99)) is None"),
     PROGRAM_FAILED, "AssertionError"},
    {"a larger pipe",
     IF_IT_WORKS("import os, fcntl", "fcntl.fcntl(os.pipe()[0], 1031, 1 << 20) > 0"),
     PROGRAM_FAILED, "AssertionError"},
    // signals and tracing
    {"killing its parent", "import os\ndef f(x):\n    os.kill(os.getppid(), 9)\n    return 'no'\n",
     PROGRAM_FAILED, NULL},
    {"killing all it can see",
     "import os\n"
     "def f(x):\n"
     "    for pid in (-1, 0, *range(1, 400)):\n"
     "        for number in (9, 19, 15):\n"
     "            try: os.kill(pid, number)\n"
     "            except OSError: pass\n"
     "    return 'no'\n",
     PROGRAM_FAILED, NULL},
    {"ptrace", IF_IT_WORKS("import ctypes", "ctypes.CDLL(None).ptrace(16, 1, 0, 0) == 0"),
     PROGRAM_FAILED, "AssertionError"},
    {"another process' memory",
     IF_IT_WORKS("import ctypes", "ctypes.CDLL(None).process_vm_readv(2, 0, 0, 0, 0, 0) == 0"),
     PROGRAM_FAILED, "AssertionError"},
    // the machine
    {"the machine's users", IF_IT_WORKS("", "open('/etc/passwd').read()"), PROGRAM_FAILED,
     "AssertionError"},
    {"the machine's processes", IF_IT_WORKS("import os", "os.listdir('/proc')"), PROGRAM_FAILED,
     "AssertionError"},
    {"the machine's homes and work",
     IF_IT_WORKS("import os", "[p for p in ('/root', '/home', '/work', '/var', '/sys', '/mnt', "
                              "'/opt', '/srv', '/run', '/boot') if os.path.exists(p)]"),
     PROGRAM_FAILED, "AssertionError"},
    {"the environment of the parent",
     IF_IT_WORKS("import os", "set(os.environ) - {'HOME', 'PATH', 'LANG'}"), PROGRAM_FAILED,
     "AssertionError"},
    {"the environment in its memory",
     IF_IT_WORKS("import ctypes\n"
                 "env = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')",
                 "any(b'SECRET' in env[i] for i in range(3) if env[i])"),
     PROGRAM_FAILED, NULL},
    {"escaping by ..",
     IF_IT_WORKS("import os", "os.chdir('/tmp/../../../..') or "
                              "os.path.exists('proc') or os.path.exists('root')"),
     PROGRAM_FAILED, "AssertionError"},
    {"chroot", IF_IT_WORKS("import os", "os.chroot('/tmp') is None"), PROGRAM_FAILED,
     "AssertionError"},
    {"a mount",
     IF_IT_WORKS("import ctypes", "ctypes.CDLL(None).mount(b'proc', b'/tmp', b'proc', 0, 0) == 0"),
     PROGRAM_FAILED, "AssertionError"},
    {"writing beside its folder",
     IF_IT_WORKS("import os", "[p for p in ('/', '/helpers', '/dev', '/etc', '/usr', '/usr/lib') "
                              "if os.access(p, os.W_OK) and open(p + '/x', 'w')]"),
     PROGRAM_FAILED, "AssertionError"},
    {"a device", IF_IT_WORKS("import os", "os.mknod('/tmp/sda', 0o60600, 0x800) is None"),
     PROGRAM_FAILED, "AssertionError"},
    {"a file of the next program",
     "import os\n"
     "def f(x):\n"
     "    found = os.path.exists('/tmp/left')\n"
     "    open('/tmp/left', 'w').write('x')\n"
     "    return x + '!' if found else 'no'\n",
     PROGRAM_FAILED, "AssertionError"},
    // the network
    {"a TCP socket", IF_IT_WORKS("import socket", "socket.socket()"), PROGRAM_FAILED,
     "AssertionError"},
    {"a Unix socket", IF_IT_WORKS("import socket", "socket.socket(socket.AF_UNIX)"), PROGRAM_FAILED,
     "AssertionError"},
    {"a packet socket", IF_IT_WORKS("import socket", "socket.socket(17, socket.SOCK_RAW, 3)"),
     PROGRAM_FAILED, "AssertionError"},
    {"a connection", IF_IT_WORKS("import socket", "socket.create_connection(('1.1.1.1', 53), 1)"),
     PROGRAM_FAILED, "AssertionError"},
    {"shared memory of others",
     IF_IT_WORKS("import ctypes", "ctypes.CDLL(None).shmget(1, 4096, 0o1666) >= 0"), PROGRAM_FAILED,
     "AssertionError"},
    // taking too much
    {"an endless loop", "def f(x):\n    while True: pass\n", PROGRAM_TIMEOUT, NULL},
    {"an endless loop while it loads", "while True: pass\n", PROGRAM_TIMEOUT, NULL},
    {"an endless loop that catches all",
     "import signal\n"
     "for n in range(1, 32):\n"
     "    try: signal.signal(n, signal.SIG_IGN)\n"
     "    except (OSError, ValueError): pass\n"
     "def f(x):\n"
     "    while True:\n"
     "        try:\n"
     "            while True: pass\n"
     "        except BaseException: pass\n",
     PROGRAM_TIMEOUT, NULL},
    {"an endless sleep", "import time\ndef f(x): time.sleep(1000)\n", PROGRAM_TIMEOUT,
     "wall clock"},
    {"an endless iterator", "import itertools\nf = lambda x: itertools.count()\n", PROGRAM_FAILED,
     "AssertionError"},
    {"endless output", "def f(x):\n    while True: print('A' * 100000)\n", PROGRAM_TIMEOUT, NULL},
    {"endless output on many threads",
     "import os, threading\n"
     "def g():\n    while True: os.write(2, b'A' * (1 << 20))\n"
     "for i in range(8): threading.Thread(target=g).start()\n"
     "while True: pass\n",
     PROGRAM_TIMEOUT, NULL},
    {"endless output a byte at a time", "import os\nwhile True: os.write(1, b'A')\n",
     PROGRAM_TIMEOUT, NULL},
    {"output that cannot be written out",
     "import sys\n"
     "class E:\n"
     "    closed = False\n"
     "    def write(self, text): raise SystemExit\n"
     "    def flush(self): raise SystemExit\n"
     "sys.stdout = sys.stderr = sys.__stdout__ = E()\n"
     "def f(x): print(x)\n",
     PROGRAM_FAILED, "SystemExit"},
    {"a fork bomb", "import os\nwhile True: os.fork()\n", PROGRAM_FAILED, "PermissionError"},
    {"a fork bomb that goes on",
     "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n", PROGRAM_TIMEOUT,
     NULL},
    {"a thread bomb",
     "import threading, time\n"
     "while True: threading.Thread(target=time.sleep, args=(99,)).start()\n",
     PROGRAM_FAILED, "can't start new thread"},
    {"a memory bomb", "def f(x): return 'A' * (1 << 34)\n", PROGRAM_FAILED, "MemoryError"},
    {"a memory bomb in steps", "kept = []\nwhile True: kept.append(bytearray(1 << 24))\n",
     PROGRAM_FAILED, "MemoryError"},
    {"memory that no limit counts",
     "import os\n"
     "def f(x):\n"
     "    fd = os.memfd_create('bomb')\n"
     "    for _ in range(1 << 20): os.write(fd, bytes(1 << 20))\n",
     PROGRAM_FAILED, "PermissionError"},
    {"a full disk in one file",
     "with open('/tmp/a', 'wb') as file:\n"
     "    while True: file.write(bytes(1 << 20))\n",
     PROGRAM_FAILED, NULL},
    {"a full disk in many files",
     "n = 0\nwhile True:\n"
     "    n += 1\n"
     "    with open('/tmp/%d' % n, 'wb') as file: file.write(bytes(1 << 20))\n",
     PROGRAM_FAILED, "No space left"},
    {"files without end", "n = 0\nwhile True:\n    n += 1\n    open('/tmp/%d' % n, 'w').close()\n",
     PROGRAM_FAILED, "No space left"},
    {"descriptors without end", "kept = []\nwhile True: kept.append(open('/dev/null'))\n",
     PROGRAM_FAILED, "Too many open files"},
    {"a number of a million digits", "def f(x): return 1 << (1 << 24)\n", PROGRAM_FAILED,
     "AssertionError"},
    {"a result of 1 GiB", "def f(x): return ['A' * (1 << 20)] * 1024\n", PROGRAM_FAILED, NULL},
    {"a result that holds itself", "def f(x):\n    a = []\n    a.append(a)\n    return a\n",
     PROGRAM_FAILED, NULL},
    {"keys that collide", "def f(x): return {i * ((1 << 61) - 1): 0 for i in range(1, 60000)}\n",
     PROGRAM_TIMEOUT, NULL},
    {"recursion without end", "def f(x): return f(x)\n", PROGRAM_FAILED, "RecursionError"},
    {"a crash", "import ctypes\ndef f(x): ctypes.string_at(0)\n", PROGRAM_FAILED, "signal 11"},
    {"a stack overflow in C",
     "import sys\nsys.setrecursionlimit(1 << 30)\n"
     "def f(x):\n"
     "    a = []\n"
     "    for _ in range(1000000): a = [a]\n"
     "    return repr(a)\n",
     PROGRAM_FAILED, "signal 11"},
    // texts that are no program
    {"no program at all", "", PROGRAM_FAILED, "NameError"},
    {"half a program", "def f(x):\n    return (x", PROGRAM_SYNTAX_ERROR, "SyntaxError"},
    {"prose", "Sure! Here is the function you asked for.", PROGRAM_SYNTAX_ERROR, "SyntaxError"},
    {"an encoding that is none", "# -*- coding: nonsense -*-\n\xff\xfe", PROGRAM_SYNTAX_ERROR,
     "UnicodeDecodeError"},
    // tests of the tests
    {"ending a test's own loop by StopIteration", "def f(x): raise StopIteration\n", PROGRAM_FAILED,
     "RuntimeError"},
    {"an AssertionError of its own", "def f(x): raise AssertionError\n", PROGRAM_FAILED,
     "AssertionError"},
    {"catching the tests' AssertionError",
     "def f(x):\n"
     "    try: return 'no'\n"
     "    except AssertionError: return x + '!'\n"
     "    finally: pass\n",
     PROGRAM_FAILED, "AssertionError"},
};

const Attack honest[] = {
    {"a plain one", "def f(x): return x + '!'\n", PROGRAM_PASSED, NULL},
    {"one that is quiet about sys.exit",
     "import sys\n"
     "def f(x):\n"
     "    try: sys.exit(0)\n"
     "    except SystemExit: return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"its own __eq__",
     "class P:\n"
     "    def __init__(self, a): self.a = a\n"
     "    def __eq__(self, other): return self.a == other.a\n"
     "def f(x): return x + '!' if P(x) == P(x) else ''\n",
     PROGRAM_PASSED, NULL},
    {"a str of its own", "class S(str): pass\ndef f(x): return S(x + '!')\n", PROGRAM_PASSED, NULL},
    {"asserts of its own",
     "def f(x):\n"
     "    try: assert False\n"
     "    except AssertionError: pass\n"
     "    assert x\n    return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"a main that reads its input",
     "def f(x): return x + '!'\nif __name__ == '__main__':\n    print(f(input()))\n",
     PROGRAM_PASSED, NULL},
    {"unittests of its own",
     "import unittest\n"
     "def f(x): return x + '!'\n"
     "class T(unittest.TestCase):\n"
     "    def test(self): self.assertEqual(f('a'), 'a!')\n",
     PROGRAM_PASSED, NULL},
    {"names of builtins for its own",
     "def len(x): return 0\nlist = str\nid = 3\nsum = max = None\ndef f(x): return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"much output", "def f(x):\n    for i in range(20000): print('line', i)\n    return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"output without end beside it",
     "import os, threading\n"
     "def g():\n    while True: os.write(1, bytes(1 << 16))\n"
     "threading.Thread(target=g, daemon=True).start()\n"
     "def f(x): return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"no output to write to", "import os\nos.close(1)\nos.close(2)\ndef f(x): return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"threads",
     "import threading\nfrom concurrent.futures import ThreadPoolExecutor\n"
     "def f(x):\n"
     "    with ThreadPoolExecutor(8) as pool: return ''.join(pool.map(str, x + '!'))\n",
     PROGRAM_PASSED, NULL},
    {"a daemon thread",
     "import threading, time\n"
     "threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"
     "def f(x): return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"asyncio",
     "import asyncio\n"
     "async def g(x):\n    await asyncio.sleep(0)\n    return x + '!'\n"
     "def f(x): return asyncio.run(g(x))\n",
     PROGRAM_PASSED, NULL},
    {"files in its folder",
     "import tempfile, os\n"
     "def f(x):\n"
     "    with tempfile.NamedTemporaryFile('w+') as file:\n"
     "        file.write(x); file.seek(0)\n"
     "        open('here', 'w').write('a'); os.remove('here')\n"
     "        return file.read() + '!'\n",
     PROGRAM_PASSED, NULL},
    {"frames, gc, the environment and the clock",
     "import sys, gc, os, time, inspect, signal\n"
     "def f(x):\n"
     "    gc.collect(); os.environ.get('USER'); os.getcwd(); time.sleep(0.001); time.time()\n"
     "    signal.signal(signal.SIGALRM, lambda *a: None); signal.alarm(1); signal.alarm(0)\n"
     "    return x + '!' if sys._getframe().f_code.co_name == 'f' else ''\n",
     PROGRAM_PASSED, NULL},
    {"chance",
     "import random, uuid, secrets\n"
     "def f(x):\n    random.shuffle([1, 2, 3]); secrets.token_hex()\n    return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"deep recursion",
     "import sys\nsys.setrecursionlimit(20000)\n"
     "def g(n): return 0 if n == 0 else 1 + g(n - 1)\n"
     "def f(x): return x + '!' if g(5000) == 5000 else ''\n",
     PROGRAM_PASSED, NULL},
    {"some memory", "def f(x):\n    a = [0] * 5000000\n    return x + '!'\n", PROGRAM_PASSED, NULL},
    {"dataclasses, enums, typing",
     "from __future__ import annotations\nfrom dataclasses import dataclass\n"
     "from typing import NamedTuple, Optional\nimport enum\n"
     "@dataclass(order=True)\nclass D:\n    a: str\n    b: Optional[int] = None\n"
     "class N(NamedTuple):\n    a: str\n"
     "class C(enum.Enum):\n    A = '!'\n"
     "def f(x: str) -> str: return D(N(x).a).a + C.A.value\n",
     PROGRAM_PASSED, NULL},
    {"an import inside, and one that is not there",
     "def f(x):\n"
     "    import csv, sqlite3, xml.dom, zlib, multiprocessing, logging, unicodedata, bz2\n"
     "    try: import numpy\n"
     "    except ImportError: pass\n"
     "    return x + '!'\n",
     PROGRAM_PASSED, NULL},
    {"a byte order mark and CRLF",
     "\xef\xbb\xbf"
     "def f(x):\r\n    return x + '!'\r\n",
     PROGRAM_PASSED, NULL},
    {"a decorator and a partial",
     "import functools\n@functools.lru_cache(None)\ndef g(a, x): return x + a\n"
     "f = functools.partial(g, '!')\n",
     PROGRAM_PASSED, NULL},
};

const int n_attacks = (int)(sizeof attacks / sizeof *attacks);
const int n_honest = (int)(sizeof honest / sizeof *honest);
