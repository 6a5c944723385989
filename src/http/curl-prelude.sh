set -u
BASE=${BASE:-http://127.0.0.1:8000}
JWT_SECRET=${JWT_SECRET:-}
WEBHOOK_SECRET=${WEBHOOK_SECRET:-}
for tool in curl openssl python3; do command -v "$tool" >/dev/null || { echo "this script needs $tool" >&2; exit 2; }; done
DIR=$(mktemp -d)
trap 'rm -rf "$DIR"' EXIT
FAILED='' BROKEN='' LAST=''

ask() { # number, method, path, curl's arguments
  local n=$1 method=$2 path=$3
  shift 3
  curl -sS --path-as-is --globoff --max-time 150 -X "$method" -o "$DIR/$n.body" -D "$DIR/$n.head" "$@" "$BASE$path" 2>"$DIR/$n.error"
  touch "$DIR/$n.body" "$DIR/$n.head"
}

repeat() { # bytes, text to fill them with
  python3 -c 'import sys; size, text = int(sys.argv[1]), sys.argv[2].encode(); sys.stdout.buffer.write((text * (size // len(text) + 1))[:size])' "$1" "$2"
}

json_at() { # number, JSON pointer
  python3 - "$DIR/$1.body" "$2" <<'PY'
import json, sys
text = open(sys.argv[1], encoding="utf-8").read()
try: value = json.loads(text)
except ValueError: value = text.strip()
for part in sys.argv[2].split("/")[1:]:
    part = part.replace("~1", "/").replace("~0", "~")
    value = value[int(part)] if isinstance(value, list) else value[part]
print(value[7:] if str(value).lower().startswith("bearer ") else value, end="")
PY
}

row_at() { # number, pointer of the rows, key, its value, key of what to take
  python3 - "$DIR/$1.body" "$2" "$3" "$4" "$5" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1], encoding="utf-8"))
for part in sys.argv[2].split("/")[1:]:
    rows = rows[int(part)] if isinstance(rows, list) else rows[part.replace("~1", "/").replace("~0", "~")]
rows = [{**row.get("attributes", {}), **row} if isinstance(row.get("attributes", {}), dict) else row for row in rows]
print(next((row[sys.argv[5]] for row in rows if str(row.get(sys.argv[3])).lower() == sys.argv[4].lower()), ""), end="")
PY
}

header_of() { # number, name of a header, pattern whose first group is taken
  python3 - "$DIR/$1.head" "$2" "$3" <<'PY'
import re, sys
lines = open(sys.argv[1], encoding="latin-1").read().splitlines()
values = [value.strip() for name, _, value in (line.partition(":") for line in lines) if name.strip().lower() == sys.argv[2].lower()]
match = re.search(sys.argv[3], values[-1]) if values else None
print(match.group(1) if match else "", end="")
PY
}

jwt_from() { # token, header members as JSON, claims as JSON, how to sign, key
  python3 - "$@" <<'PY'
import base64, hashlib, hmac, json, sys
token, header, claims, how, key = sys.argv[1:6]
head, body, signature = token.split(".")
dec = lambda part: json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
enc = lambda value: base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
if json.loads(header): head = enc({**dec(head), **json.loads(header)})
if json.loads(claims): body = enc({**dec(body), **json.loads(claims)})
if how == "empty": signature = ""
elif how == "flip-first": signature = ("B" if signature[:1] == "A" else "A") + signature[1:]
elif how in ("setting", "text"):
    algorithm = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(dec(head).get("alg"), hashlib.sha256)
    signature = base64.urlsafe_b64encode(hmac.new(key.encode(), f"{head}.{body}".encode(), algorithm).digest()).rstrip(b"=").decode()
print(f"{head}.{body}.{signature}", end="")
PY
}

expect() { # role, number, condition as JSON, words
  local why
  if why=$(python3 - "$DIR/$2" "$3" <<'PY'
import json, re, sys
stem, condition = sys.argv[1], json.loads(sys.argv[2])
blocks = [b for b in re.split(r"\r?\n\r?\n", open(stem + ".head", encoding="latin-1", newline="").read()) if b.startswith("HTTP/") and not re.match(r"HTTP/\S+ 100", b)]
text = open(stem + ".body", encoding="utf-8", errors="replace").read()
def at(pointer):
    try:
        value = json.loads(text)
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            value = value[int(part)] if isinstance(value, list) else value[part]
        return value
    except (ValueError, KeyError, IndexError, TypeError):
        return None
def failure(c):
    if not blocks: return "there was no answer"
    lines = blocks[-1].splitlines()
    status = lines[0].split()[1]
    headers = [(k.strip().lower(), v.strip()) for k, _, v in (line.partition(":") for line in lines[1:])]
    fits = lambda patterns: any(p[0] == status[0] if p.endswith("xx") else p == status for p in patterns)
    if "status" in c and not fits(c["status"]): return f"status {status}, not {' or '.join(c['status'])}"
    if "notStatus" in c and fits(c["notStatus"]): return f"status {status}"
    for wanted in c.get("bodyHas", []):
        if wanted not in text: return f"the body lacks {wanted!r}"
    for unwanted in c.get("bodyLacks", []):
        if unwanted in text: return f"the body holds {unwanted!r}"
    if "jsonEquals" in c and at("") != c["jsonEquals"]: return f"the body is {text[:120]!r}"
    for one in c.get("jsonAt", []):
        if at(one["pointer"]) != one["equals"]: return f"{one['pointer']} is {at(one['pointer'])!r}"
    if "maxItems" in c:
        items = at(c["maxItems"]["pointer"])
        size = len(items) if isinstance(items, list) else items if isinstance(items, (int, float)) else 0
        if size > c["maxItems"]["max"]: return f"{size}, more than {c['maxItems']['max']}"
    for name in c.get("headerAbsent", []):
        for key, value in headers:
            if key == name.lower(): return f"header {name}: {value}"
    for one in c.get("headerMatches", []):
        values = [value for key, value in headers if key == one["name"].lower()]
        if not any(re.search(one["pattern"], value, re.I) for value in values): return f"header {one['name']} is {values or 'missing'}"
    if "anyOf" in c:
        failures = [failure(one) for one in c["anyOf"]]
        if all(failures): return "; ".join(failures)
    return None
why = failure(condition)
if why: print(why); sys.exit(1)
PY
  ); then LAST=$4; return; fi
  if [ "$1" = control ]; then BROKEN=${BROKEN:-"$4: $why"}; else FAILED=${FAILED:-"$4: $why"}; fi
}

outside() { echo "Looked at outside HTTP: $1"; }

finish() { # http, or outside when a condition that HTTP cannot show decided
  if [ -n "$FAILED" ]; then echo "FAIL  $FAILED"; exit 1; fi
  if [ -n "$BROKEN" ]; then echo "BROKEN  the feature itself does not work: $BROKEN"; exit 2; fi
  if [ "$1" = outside ]; then echo "UNDECIDED  the condition above is not one that HTTP shows; unprompted reproduce --run judges it"; exit 3; fi
  echo "PASS  $LAST"
}
