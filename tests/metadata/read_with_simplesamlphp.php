<?php
// Reads an SP's metadata with SimpleSAMLphp's parser, and prints the entityID and the SOAP logout endpoint it found.
// Usage: read_with_simplesamlphp.php LIBRARY METADATA CERTIFICATE; a signature must be good.
// Exit status 3: it refuses the metadata.
error_reporting(E_ALL & ~E_DEPRECATED);
$folder = sys_get_temp_dir() . '/slo-simplesamlphp-' . getmypid();
mkdir($folder);
file_put_contents($folder . '/config.php', "<?php \$config = ['baseurlpath' => 'x/', 'logging.handler' => 'stderr', 'logging.level' => 0, 'certdir' => '/'];");
putenv('SIMPLESAMLPHP_CONFIG_DIR=' . $folder);
register_shutdown_function(function () use ($folder) {
    unlink($folder . '/config.php');
    rmdir($folder);
});
require $argv[1] . '/lib/_autoload.php';
try {
    $parser = \SimpleSAML\Metadata\SAMLParser::parseFile($argv[2]);
    $metadata = $parser->getMetadata20SP();
    if ($metadata === null) {
        exit(3);
    }
    if (!$parser->validateSignature([$argv[3]])) {
        exit(3);
    }
    echo $metadata['entityid'], "\n";
    foreach ($metadata['SingleLogoutService'] as $service) {
        if ($service['Binding'] === 'urn:oasis:names:tc:SAML:2.0:bindings:SOAP') {
            echo $service['Location'], "\n";
        }
    }
} catch (\Exception $error) {
    fwrite(STDERR, get_class($error) . ': ' . $error->getMessage() . "\n");
    exit(3);
}
