my $class = eval { require IO::Socket::IP } ? "IO::Socket::IP" : "IO::Socket::INET";
require IO::Socket::INET;
my $s = $class->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1]) or exit 1;
my $child = fork;
if (!$child) {
    while (sysread STDIN, my $d, 65536) { syswrite $s, $d or last }
    shutdown $s, 1;
    exit 0;
}
while (sysread $s, my $d, 65536) {
    my $at = 0;
    while ($at < length $d) { my $n = syswrite STDOUT, $d, length($d) - $at, $at or last; $at += $n }
}
kill "TERM", $child;
exit 0;
