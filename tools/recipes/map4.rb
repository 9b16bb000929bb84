class Map4 < Formula
  include Language::Python::Virtualenv

  desc "@about@"
  homepage "@homepage@"
  url "@base@/@wheel@", using: :nounzip
  version "@version@"
  sha256 "@wheel_sum@"
  license all_of: ["MIT", "Apache-2.0", "OFL-1.1", "Unicode-3.0"]

  depends_on "python@3.13"

  resource "requirements" do
    url "@base@/map4-requirements.txt"
    sha256 "@pinned_sum@"
  end

  def install
    virtualenv_create(libexec, "python3.13")
    pip = ["python3.13", "-m", "pip", "--python=#{libexec}/bin/python", "install", "--no-deps"]
    resource("requirements").stage do
      system(*pip, "--require-hashes", "--requirement", "map4-requirements.txt")
    end
    system(*pip, buildpath/"@wheel@")
    bin.install_symlink libexec/"bin/map4"
    man1.install_symlink Dir[libexec/"share/man/man1/*.1"]
  end

  test do
    system bin/"map4", "demo"
  end
end
